/**
 * On-demand list prices in US dollars, Linux, without taxes: an estimate, not an offer. From public pages that
 * quote Amazon's lists, not from the lists themselves. `unverified` names what was found in no page at all and is from memory.
 */
export const pricesFrom = {
    date: "2026-11-22",
    sources: [
        "https://www.factualminds.com/blog/amazon-ec2-on-demand-pricing-instance-families-2026/",
        "http://matthiaskraaz.blogspot.com/2021/08/aws-ec2-price-of-maxed-out-burstable.html",
        "https://basavytix.com/blog/aws-nat-gateway-pricing",
        "https://cloudburn.io/blog/aws-nat-gateway-pricing",
    ],
    unverified: [
        "t4g and t3a in us-east-1",
        "t4g in eu-central-1",
        "gp3",
        "gateways and interface endpoints in eu-central-1",
    ],
} as const;

export const pricedRegions = ["us-east-1", "eu-central-1"] as const;
export type PricedRegion = (typeof pricedRegions)[number];

/** What is paid besides instances. */
export interface ServicePrices {
    readonly gp3GiBMonth: number;
    readonly publicAddressHour: number;
    readonly natGatewayHour: number;
    readonly natGatewayGiB: number;
    /** Of an interface endpoint, in each zone. */
    readonly endpointHour: number;
}

export const servicePrices: Readonly<Record<PricedRegion, ServicePrices>> = {
    "us-east-1": {
        gp3GiBMonth: 0.08,
        publicAddressHour: 0.005,
        natGatewayHour: 0.045,
        natGatewayGiB: 0.045,
        endpointHour: 0.01,
    },
    "eu-central-1": {
        gp3GiBMonth: 0.0952,
        publicAddressHour: 0.005,
        natGatewayHour: 0.052,
        natGatewayGiB: 0.052,
        endpointHour: 0.012,
    },
};

interface InstanceType {
    readonly memoryMiB: number;
    readonly hour: Readonly<Partial<Record<PricedRegion, number>>>;
}

const priced = (memoryGiB: number, virginia: number, frankfurt?: number): InstanceType => ({
    memoryMiB: memoryGiB * 1024,
    hour: {
        "us-east-1": virginia,
        ...(frankfurt === undefined ? {} : { "eu-central-1": frankfurt }),
    },
});

/** Other types can be used; their memory and price are then unknown here. */
const instanceTypes: Readonly<Record<string, InstanceType>> = {
    "t4g.micro": priced(1, 0.0084, 0.0096),
    "t4g.small": priced(2, 0.0168, 0.0192),
    "t4g.medium": priced(4, 0.0336, 0.0384),
    "t4g.large": priced(8, 0.0672, 0.0768),
    "t4g.xlarge": priced(16, 0.1344, 0.1536),
    "t3a.micro": priced(1, 0.0094, 0.0108),
    "t3a.small": priced(2, 0.0188, 0.0216),
    "t3a.medium": priced(4, 0.0376, 0.0432),
    "t3a.large": priced(8, 0.0752, 0.0864),
    "t3a.xlarge": priced(16, 0.1504, 0.1728),
    "m7g.large": priced(8, 0.0816),
};

export function instanceMemoryMiB(type: string): number | undefined {
    return instanceTypes[type]?.memoryMiB;
}

/** Dollars an hour, or undefined where the table does not know. */
export function instancePrice(type: string, region: string): number | undefined {
    return isPriced(region) ? instanceTypes[type]?.hour[region] : undefined;
}

export function isPriced(region: string): region is PricedRegion {
    return (pricedRegions as readonly string[]).includes(region);
}
