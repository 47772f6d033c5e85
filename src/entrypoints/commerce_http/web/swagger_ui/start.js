// Ours, beside the files of swagger-ui-dist: shows the document that lies beside this script.
const here = document.currentScript.src;

window.addEventListener("load", () => {
  window.SwaggerUIBundle({
    url: new URL("openapi.json", here).href,
    dom_id: "#document",
    deepLinking: true,
    validatorUrl: null,
  });
});
