/* The tab "Offsets" of the Configuration page: where every partition of every input goes on, and how to change that.
 *
 * Rules: the tab changes nothing before its own preview was shown. An input that is enabled can only be stopped. What
 * the endpoint says is shown as it says it.
 */
import { begin, button, call, make, table } from "./frame.js";

const OFFSETS = "falcon_event_streams_offsets";
const INPUTS = "falcon_event_streams_input";
const OTHER = { file: "kvstore", kvstore: "file" };
const CALLED = { file: "files", kvstore: "the KV store" };
const LOOK = `
    .fes .acts { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; margin: 8px 0; }
    .fes .acts label { margin: 0 8px 0 0; }
    .fes .wide { display: block; margin: 0; }
    .fes td summary { margin: 0; }
    .fes h3 { margin: 28px 0 0; }
    .fes textarea { font: inherit; color: inherit; background: transparent; border: 1px solid rgba(128, 128, 128, 0.8); border-radius: 3px; display: block; width: 100%; height: 6em; }
    .fes summary { cursor: pointer; margin: 8px 0; }
`;
const PARTITIONS = [
    ["Partition", (row) => row.partition],
    ["Goes on", (row) => row.place],
    ["Last event created", (row) => row.created ?? "-"],
    ["Written", (row) => row.written_at],
    ["By", (row) => author(row)],
    ["Trail", (row) => trail(row.trail)],
];
const CHANGES = [
    ["When", (row) => row.at],
    ["Who", (row) => row.user],
    ["What", (row) => row.what],
    ["Why", (row) => row.why || "-"],
];
const STEPS = [
    ["Partition", (row) => row.partition],
    ["From", (row) => row.from],
    ["To", (row) => row.to],
    ["Can leave out", (row) => row.skips || "nothing"],
];

export default class OffsetsTab {
    constructor(tab, el) {
        this.el = el;
    }

    render() {
        const description =
            "Where each partition goes on at the next start of its input. A stopped input can be set to another " +
            "place, and the last ten changes can be undone.";
        const { body, say } = begin(this.el, "Offsets", description);
        const inputs = make("div");
        body.append(make("style", LOOK), button("Load again", () => load(inputs, say)), inputs);
        whenSeen(this.el, () => load(inputs, say));
    }
}

/* The front end makes all tabs of a page at once: a tab that nobody looks at asks nothing. */
function whenSeen(element, act) {
    const observer = new IntersectionObserver((entries) => {
        if (entries.some((entry) => entry.isIntersecting)) {
            observer.disconnect();
            act();
        }
    });
    observer.observe(element);
}

async function load(inputs, say) {
    say("");
    try {
        const found = await call("GET", OFFSETS);
        inputs.replaceChildren(...found.map((input) => new InputSection(input, say).element));
        if (!found.length) {
            say("There is no input yet. Create one on the Inputs page.");
        }
    } catch (error) {
        say(error.message);
    }
}

/* One input: its partitions, its changes, and what can be done now. */
class InputSection {
    constructor(input, say) {
        this.say = say;
        this.name = input.name;
        this.element = make("section", "", { id: `offsets-${input.name}` });
        this.show(input);
    }

    show(input) {
        const told = `${input.disabled ? "Stopped" : `Enabled, ${input.state}`}. Its records are in ${CALLED[input.store]}.`;
        const parts = [make("h3", this.name), make("p", told)];
        if (input.trouble !== "none") {
            parts.push(make("div", input.trouble, { className: "notice" }));
        }
        if (input.partitions.length) {
            parts.push(table(PARTITIONS, input.partitions));
        } else {
            parts.push(make("p", "No record yet: every partition begins where Start from says."));
        }
        if (input.changes.length) {
            parts.push(folded(`Changes (${input.changes.length})`, [table(CHANGES, input.changes)]));
        }
        this.preview = make("div");
        parts.push(input.disabled ? this.acts(input) : this.stop(), this.preview);
        this.element.replaceChildren(...parts);
    }

    stop() {
        const remark = make("span", "To change its offsets, stop the input first.");
        return make("div", [button("Stop", () => this.toggle(true)), remark], { className: "acts" });
    }

    acts(input) {
        const names = ["all", ...input.partitions.map((each) => each.partition)];
        const partition = make("select", names.map((name) => make("option", name)), { name: "partition" });
        const to = make("input", "", { name: "to", placeholder: "oldest, newest, 4711, -2h" });
        const set = () => this.ask("Go on at another place", { action: "set", partition: partition.value, to: to.value });
        const place = [make("label", ["Partition", partition]), make("label", ["Go on at", to]), button("Preview", set)];
        const move = `Move the records to ${CALLED[OTHER[input.store]]}`;
        const rest = [
            button("Start", () => this.toggle(false)),
            button("Undo the last change", () => this.ask("Undo the last change", { action: "undo" })),
            button(move, () => this.ask(`${move}, and let the input use that`, { action: "move" })),
        ];
        const rows = [make("div", place, { className: "acts" }), make("div", rest, { className: "acts" })];
        return make("div", [...rows, this.carry()]);
    }

    carry() {
        const text = make("textarea", "", { name: "document", spellcheck: false });
        const fetched = async () => {
            const [input] = await call("GET", OFFSETS, this.name);
            text.value = input.document ?? "";
            this.say(input.document ? "Copy this text, and import it on the other machine." : input.trouble);
        };
        const acts = [
            button("Export", () => this.attempt(fetched)),
            button("Preview the import", () => this.ask("Take these records", { action: "import", document: text.value })),
        ];
        const label = make("label", ["The records as one text", text], { className: "wide" });
        return folded("Carry to or from another machine", [label, make("div", acts, { className: "acts" })]);
    }

    ask(title, form) {
        this.preview.replaceChildren(); // so that nobody applies the former one while this one is asked for
        return this.attempt(async () => {
            const [input] = await call("POST", OFFSETS, this.name, { ...form, preview: "1" });
            const why = make("input", "", { name: "why", size: 50 });
            const apply = button("Apply", () => this.apply({ ...form, why: why.value }));
            const acts = [make("label", ["Why", why]), apply, button("Cancel", async () => this.preview.replaceChildren())];
            const heading = make("h4", `Preview: ${title}`);
            this.preview.replaceChildren(heading, table(STEPS, input.steps), make("div", acts, { className: "acts" }));
        });
    }

    apply(form) {
        return this.attempt(async () => {
            const [input] = await call("POST", OFFSETS, this.name, form);
            this.show(input);
            this.say(`Done. ${this.name} goes on there when it starts.`);
        });
    }

    toggle(off) {
        return this.attempt(async () => {
            await call("POST", INPUTS, this.name, { disabled: off ? "1" : "0" });
            const [input] = await call("GET", OFFSETS, this.name);
            this.show(input);
        });
    }

    async attempt(act) {
        this.say("");
        try {
            await act();
        } catch (error) {
            this.say(error.message);
        }
    }
}

function author(row) {
    const reason = row.why ? `: ${row.why}` : "";
    return row.user ? `${row.by} ${row.user}${reason}` : row.by;
}

function trail(steps) {
    const told = steps.map((step) => `${step.offset ?? "start"} at ${step.at}`);
    return told.length > 1 ? folded(`${told.length} steps`, [make("div", told.join(", "))]) : told.join("");
}

function folded(title, children) {
    return make("details", [make("summary", title), ...children]);
}
