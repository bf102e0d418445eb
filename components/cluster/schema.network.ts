import { z } from "zod";
import { parseAddress, parseNetwork } from "./addresses";

export const address = z
    .string()
    .refine((text) => parseAddress(text) !== undefined, "needs an IPv4 address such as 10.91.0.10");
export const network = z
    .string()
    .refine(
        (text) => parseNetwork(text) !== undefined,
        "needs an IPv4 network such as 10.91.0.0/24, host bits zero",
    );
