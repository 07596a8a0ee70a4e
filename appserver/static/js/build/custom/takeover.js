/* The tab "Take over": the plan for each input of the vendor's add-on, with buttons to apply it, to compare what both
 * add-ons have indexed, and to undo it.
 *
 * Rules: nothing is asked until somebody presses Plan, because every Configuration page loads this tab. A button sends
 * the hash of the plan that is on the screen, so nothing is done that was not seen. Before it is, the page asks.
 */
import { begin, button, call, make, table } from "./frame.js";

const ENDPOINT = "falcon_event_streams_takeover";
const VENDOR = "CrowdStrike Falcon Event Streams (Splunkbase 5082, TA-crowdstrike-falcon-event-streams)";
const LOOK = ".fes .word, .fes th { white-space: nowrap; } .fes td button { margin: 2px 0; }";
const COLUMNS = [
    ["Vendor's input", (plan) => make("span", plan.name, { className: "word" })],
    ["Reads now", (plan) => make("span", plan.reads, { className: "word" })],
    ["Becomes", (plan) => lines([`input ${plan.input}`, `app ID ${plan.settings.app_id}`, ...others(plan.settings)])],
    ["Account", (plan) => lines([plan.account, `cloud ${plan.cloud}`, `client ID ${plan.client_id}`, `proxy ${plan.proxy}`])],
    ["Goes on at", (plan) => lines(plan.partitions.length ? plan.partitions.map(place) : [plan.starts])],
    ["Not carried over, problems", (plan) => lines([...plan.problems, ...plan.not_carried])],
];

const ONE_SIDED = [
    ["Only in", (event) => event.found_in],
    ["Created", (event) => event.time],
    ["Customer", (event) => event.cid],
    ["Partition", (event) => event.partition],
    ["Offset", (event) => event.falcon_offset],
    ["Event type", (event) => event.vendor_event_type],
];

export default class TakeOver {
    constructor(tab, el) {
        this.el = el;
    }

    render() {
        const { body, say } = begin(
            this.el,
            "Take over from the vendor's add-on",
            `Lets this add-on go on where an input of ${VENDOR} is. A plan changes nothing. What the vendor's add-on has ` +
                "stored stays as it is, apart from whether its input is disabled.",
        );
        this.say = say;
        this.plans = make("div");
        this.compared = make("div");
        body.append(make("style", LOOK), button("Plan", () => this.plan()), this.plans, this.compared);
    }

    async plan(sentence = "") {
        this.compared.replaceChildren();
        try {
            this.show(await call("GET", ENDPOINT));
            this.say(sentence);
        } catch (error) {
            this.plans.replaceChildren();
            this.say(error.message);
        }
    }

    show(plans) {
        const columns = [...COLUMNS, ["", (plan) => make("div", this.buttons(plan))]];
        const none = "The vendor's add-on has no input on this instance.";
        this.plans.replaceChildren(plans.length ? table(columns, plans) : make("p", none));
    }

    buttons(plan) {
        const apply = button("Apply", () => this.act(plan, "apply", `Let this add-on read in the place of ${plan.name}?`));
        const undo = button("Undo", () => this.act(plan, "undo", `Let ${plan.name} of the vendor's add-on read again?`));
        apply.disabled = plan.problems.length > 0 || plan.reads === "this add-on";
        undo.disabled = plan.reads === "the vendor's add-on";
        return [apply, button("Compare", () => this.compare(plan)), undo];
    }

    async compare(plan) {
        this.compared.replaceChildren();
        this.say("Searching the events of an hour, until ten minutes ago. This takes up to half a minute.");
        try {
            const [{ compared }] = await call("POST", ENDPOINT, plan.name, { action: "compare" });
            this.say(`${plan.name}, ${compared.earliest} to ${compared.latest}: ${compared.said}.`);
            this.compared.replaceChildren(...(compared.events.length ? [table(ONE_SIDED, compared.events)] : []));
        } catch (error) {
            this.say(error.message);
        }
    }

    async act(plan, action, question) {
        if (!window.confirm(question)) {
            return;
        }
        this.say("This takes up to half a minute.");
        try {
            const [done] = await call("POST", ENDPOINT, plan.name, { action, hash: plan.hash });
            await this.plan(`${done.name}: ${done.reads} reads now.`);
        } catch (error) {
            await this.plan(error.message);
        }
    }
}

function place(partition) {
    return `${partition.partition}: ${partition.goes_on} (${partition.because})`;
}

function others(settings) {
    const shown = Object.entries(settings).filter(([name]) => !["account", "app_id"].includes(name));
    return shown.map(([name, value]) => `${name} ${value}`);
}

function lines(texts) {
    return make("div", texts.map((text) => make("div", text)));
}
