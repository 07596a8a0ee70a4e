/* A hook of UCC's forms: where saving is refused, the form shows why.
 *
 * The sentence stands at the top of a form, which is often scrolled down to its button: without this, the button would
 * seem to do nothing.
 */
export default class Refusal {
    onSaveFail() {
        // the page puts the sentence there after this call
        requestAnimationFrame(() => requestAnimationFrame(show));
    }
}

function show() {
    const forms = document.querySelectorAll("form, [role=dialog]");
    const sentences = [...forms].flatMap((form) => [...form.querySelectorAll("[data-test=message], [role=alert]")]);
    sentences[0]?.scrollIntoView({ block: "center" });
}
