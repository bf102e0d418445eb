import { readFileSync } from "node:fs";
import { join } from "node:path";
import Mustache from "mustache";
import type { FileSpec, HostFacts, Role, View } from "../roles/role";

const templateRoot = join(__dirname, "..", "..", "config-templates");

/** One file as it shall be on the host. */
export interface RenderedFile {
    readonly path: string;
    readonly content: string;
    readonly owner: string;
    readonly mode: string;
    readonly onChange: string;
    /** Empty where there is no checker. */
    readonly check: string;
}

/** A context that throws where mustache would print nothing for a name that the view lacks. */
class StrictContext extends Mustache.Context {
    constructor(
        view: unknown,
        parent: Mustache.Context | undefined,
        private readonly template: string,
    ) {
        super(view, parent);
    }

    override push(view: unknown): Mustache.Context {
        return new StrictContext(view, this, this.template);
    }

    override lookup(name: string): unknown {
        const value = super.lookup(name) as unknown;
        if (value === undefined)
            throw new Error(`${this.template}: {{${name}}} is not in the view`);
        return value;
    }
}

/**
 * Renders a template of `config-templates/` with no HTML escaping.
 * @throws Error naming template and name where the view lacks one.
 */
export function renderTemplate(template: string, view: View): string {
    return Mustache.render(
        textOf(template),
        new StrictContext(view, undefined, template),
        partial,
        {
            escape: String,
        },
    );
}

function textOf(template: string): string {
    return readFileSync(join(templateRoot, template), "utf8");
}

/** `{{> haproxy/choice}}` is `config-templates/_shared/haproxy/choice.mustache`, a part of several templates. */
function partial(name: string): string {
    return textOf(`_shared/${name}.mustache`);
}

/** The files of a role on one host, in the manifest's order. */
export function renderRole<F extends HostFacts>(
    role: Pick<Role<F>, "stem" | "files">,
    facts: F,
): RenderedFile[] {
    return role.files.flatMap((file) => {
        const content = renderFile(role.stem, file, facts);
        if (content === null) return [];
        return [
            {
                path: file.path,
                content,
                owner: file.owner ?? "root:root",
                mode: file.mode ?? "0644",
                onChange: file.onChange ?? "none",
                check: typeof file.check === "string" ? file.check : "",
            },
        ];
    });
}

function renderFile<F>(stem: string, file: FileSpec<F>, facts: F): string | null {
    if (file.content !== undefined) return file.content(facts);
    const view = file.view === undefined ? {} : file.view(facts);
    return view === null
        ? null
        : renderTemplate(file.template ?? `${stem}${file.path}.mustache`, view);
}
