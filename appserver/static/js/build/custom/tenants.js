/* The tab "Tenants": every tenant with its index and how it is read, and a plan from a file or from Flight Control.
 *
 * Rules: nothing is asked until somebody presses a button, because every Configuration page loads this tab. Apply sends
 * the form and the hash of the plan that is on the screen, so nothing is done that was not seen. It is sent again while
 * the answer says that tenants are left. A long table shows its first rows, and those that are sought.
 */
import { begin, button, call, make, table } from "./frame.js";

const PLAN = "falcon_event_streams_tenants_plan";
const APPLY = "falcon_event_streams_tenants_apply";
const MOST_ROWS = 200;
const LOOK = ".fes fieldset { border: 1px solid rgba(128, 128, 128, 0.4); margin: 12px 0; padding: 8px 12px; }";
// Its events may come by the stream of its parent.
const STATES = { no_stream: "without a stream of its own", waiting_app_id: "waiting for the app ID" };
const ORDER = ["refuse", "create", "change", "disable", "leave"];
const TENANTS = [
    ["Name", (tenant) => tenant.name],
    ["CID", (tenant) => tenant.cid],
    ["Index", (tenant) => tenant.index || "that of the input"],
    ["State", (tenant) => (tenant.disabled ? "disabled" : state(tenant))],
    ["Lag", (tenant) => (tenant.lag_s === null ? "" : `${tenant.lag_s} s`)],
    ["Last event", (tenant) => (tenant.last_event_age_s === null ? "" : `${duration(tenant.last_event_age_s)} ago`)],
    ["Inputs", (tenant) => tenant.inputs],
];
const STEPS = [
    ["Tenant", (step) => step.called],
    ["Does", (step) => step.action],
    ["Name", (step) => step.name],
    ["Index", (step) => step.index],
    ["What", (step) => step.result ?? step.told],
];

// With what keeps it from being read.
function state(tenant) {
    const named = STATES[tenant.state] ?? tenant.state;
    return tenant.trouble ? `${named}: ${tenant.trouble}` : named;
}

export default class Tenants {
    constructor(tab, el) {
        this.el = el;
    }

    render() {
        const { body, say } = begin(
            this.el,
            "Tenants",
            "Says which index the events of each tenant go to, and what the tenant is called. A plan changes nothing. " +
                "Inputs that run follow within five minutes.",
        );
        this.say = say;
        this.result = make("div");
        body.append(make("style", LOOK), button("Show tenants", () => this.show()), this.file(), this.children(), this.result);
    }

    file() {
        const chosen = make("input", "", { type: "file", accept: ".csv,text/csv" });
        const others = make("input", "", { type: "checkbox" });
        const act = async () => {
            if (!chosen.files.length) {
                this.say("Choose a file first. Its first line names the columns: cid, name, index, and so on.");
                return;
            }
            await this.plan(others, { document: await chosen.files[0].text() });
        };
        const parts = [label("CSV file", chosen), label("Disable tenants that it does not name", others)];
        return make("fieldset", [make("legend", "From a file"), ...parts, button("Plan the file", act)]);
    }

    children() {
        const account = make("input", "", { type: "text" });
        const index = make("input", "", { type: "text", value: "falcon_{name}" });
        const others = make("input", "", { type: "checkbox" });
        const form = () => ({ source: "flight_control", account: account.value.trim(), index: index.value.trim() });
        const parts = [
            label("Account of the parent", account),
            label("Index", index),
            label("Disable tenants that are no child", others),
        ];
        const act = button("Plan the children", () => this.plan(others, form()));
        return make("fieldset", [make("legend", "From Flight Control"), ...parts, act]);
    }

    async show() {
        await this.ask("Reading the tenants.", async () => {
            const tenants = await call("GET", PLAN);
            const none = make("p", "No tenant has a stanza, and no input reads a child tenant.");
            this.result.replaceChildren(tenants.length ? searchable(TENANTS, tenants) : none);
            return tenants.length ? `${tenants.length} tenants: ${counted(tenants.map(TENANTS[3][1]))}.` : "";
        });
    }

    async plan(others, form) {
        const whole = others.checked ? { ...form, others: "disable" } : form;
        await this.ask("Planning. This takes up to half a minute.", async () => {
            const [plan] = await call("POST", PLAN, "", whole);
            const steps = sorted(plan.tenants);
            const apply = button("Apply", () => this.apply(whole, plan));
            apply.disabled = !steps.some((step) => ["create", "change", "disable"].includes(step.action));
            this.result.replaceChildren(apply, searchable(STEPS, steps));
            return `${todo(steps)}. ${missing(plan)}`;
        });
    }

    async apply(form, plan) {
        if (!window.confirm(`Apply this plan: ${todo(sorted(plan.tenants))}?`)) {
            return;
        }
        await this.ask("Applying. This takes up to half a minute for each few hundred tenants.", async () => {
            let done;
            do {
                [done] = await call("POST", APPLY, "", { ...form, hash: plan.hash });
                this.say(`${done.left} tenants are left.`);
            } while (done.left > 0);
            const failed = done.tenants.filter((step) => step.result.startsWith("failed"));
            this.result.replaceChildren(searchable(STEPS, failed.length ? failed : sorted(done.tenants)));
            return failed.length
                ? `${failed.length} tenants failed. Do what their rows say, and plan again.`
                : "Applied. Inputs that run follow within five minutes.";
        });
    }

    /** Say what is going on, act, and say what came of it; the sentence of a refusal takes the place of all else. */
    async ask(sentence, act) {
        this.say(sentence);
        try {
            this.say(await act());
        } catch (error) {
            this.result.replaceChildren();
            this.say(error.message);
        }
    }
}

/** A table with a field that finds rows by any of their texts. */
function searchable(columns, rows) {
    const texts = rows.map((row) => columns.map(([, cell]) => `${cell(row) ?? ""}`.toLowerCase()).join("\n"));
    const field = make("input", "", { type: "search" });
    const shown = make("div");
    const draw = () => {
        const found = rows.filter((_, number) => texts[number].includes(field.value.toLowerCase()));
        const rest = found.length - MOST_ROWS;
        const more = rest > 0 ? [make("p", `${rest} more are not shown. Find them by name, CID, or index.`)] : [];
        shown.replaceChildren(table(columns, found.slice(0, MOST_ROWS)), ...more);
    };
    field.addEventListener("input", draw);
    draw();
    return make("div", [label("Find", field), shown]);
}

function label(text, field) {
    return make("label", [text, field]);
}

function sorted(steps) {
    return [...steps].sort((one, other) => ORDER.indexOf(one.action) - ORDER.indexOf(other.action));
}

function counted(words) {
    const counts = new Map();
    words.forEach((word) => counts.set(word, (counts.get(word) ?? 0) + 1));
    return [...counts].map(([word, count]) => `${count} ${word}`).join(", ");
}

function todo(steps) {
    return counted(steps.map((step) => `to ${step.action}`));
}

function missing(plan) {
    if (!plan.missing_indexes.length) {
        return "";
    }
    const named = plan.missing_indexes.slice(0, 10).join(", ");
    const more = plan.missing_indexes.length > 10 ? `, and ${plan.missing_indexes.length - 10} more` : "";
    const what = plan.forwards ? "This forwarder does not know these indexes, so look on the indexers" : "Create these indexes first";
    return `${what}: ${named}${more}.`;
}

function duration(seconds) {
    const unit = [["d", 86400], ["h", 3600], ["min", 60]].find(([, size]) => seconds >= 2 * size);
    return unit ? `${Math.round(seconds / unit[1])} ${unit[0]}` : `${seconds} s`;
}
