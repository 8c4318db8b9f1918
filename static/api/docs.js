// Not in the page itself: the Content-Security-Policy allows no inline script.
"use strict";

(() => {
  const target = document.getElementById("api-docs");
  SwaggerUIBundle({
    url: target.dataset.schema,
    domNode: target,
    deepLinking: true,
    docExpansion: "list",
    filter: true,
    persistAuthorization: false,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
  });
})();
