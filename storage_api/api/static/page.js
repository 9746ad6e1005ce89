"use strict";

window.ui = SwaggerUIBundle({
  url: document.getElementById("swagger-ui").dataset.spec,
  dom_id: "#swagger-ui",
  docExpansion: "none",
  displayRequestDuration: true,
  filter: true,
  validatorUrl: null,
});
