"use strict";

window.ui = SwaggerUIBundle({
  url: document.getElementById("swagger-ui").dataset.spec,
  dom_id: "#swagger-ui",
  docExpansion: "none",
  displayRequestDuration: true,
  deepLinking: true,
  filter: true,
  validatorUrl: null,
  // Whoever pastes a token forgets the word before it.
  requestInterceptor: (request) => {
    const given = request.headers.Authorization;
    if (given && !/^bearer /i.test(given)) request.headers.Authorization = `Bearer ${given.trim()}`;
    return request;
  },
});
