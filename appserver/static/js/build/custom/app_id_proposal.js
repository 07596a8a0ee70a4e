/* A hook of UCC's input form: a new input is offered an app id that nobody uses yet.
 *
 * Falcon gives the streams of an app id to one reader only, so two inputs must never share one. Ten random letters and
 * digits after "splunk" are valid (1 to 32 of a-z, A-Z, 0-9) and as good as unique in a tenant; the admin may change it.
 */
const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

export default class AppIdProposal {
    constructor(globalConfig, serviceName, state, mode, util) {
        this.mode = mode;
        this.util = util;
    }

    onCreate() {
        if (this.mode !== "create" && this.mode !== "clone") {
            return;
        }
        const random = crypto.getRandomValues(new Uint8Array(10));
        const value = "splunk" + Array.from(random, (byte) => LETTERS[byte % LETTERS.length]).join("");
        this.util.setState((former) => ({
            data: { ...former.data, app_id: { ...former.data.app_id, value } },
        }));
    }
}
