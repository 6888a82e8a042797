// The pages work without this file. It adds a button that shows a password, and hints
// while a new one is typed, and shows times in the time zone of the browser. Texts come
// from the page.
"use strict";

for (const input of document.querySelectorAll("input[type=password]")) {
  addShowButton(input);
  if (input.dataset.minlength) addLengthHint(input);
}

// addShowButton adds a button after input that shows and hides what is typed.
function addShowButton(input) {
  const texts = document.body.dataset;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "show";
  button.textContent = texts.show;
  button.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-controls", input.id);
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
    input.focus();
  });
  input.form?.addEventListener("submit", () => { input.type = "password"; });
  input.after(button);
}

// addLengthHint says how many characters a new password still needs, in Unicode code
// points, as the server counts.
function addLengthHint(input) {
  const least = Number(input.dataset.minlength);
  const hint = document.createElement("p");
  hint.className = "live";
  hint.setAttribute("aria-live", "polite");
  input.parentElement.append(hint);
  input.addEventListener("input", () => {
    const left = least - [...input.value.normalize("NFC")].length;
    const texts = document.body.dataset;
    hint.textContent = input.value === "" ? "" : left > 0 ? texts.left.replace("{}", String(left)) : texts.enough;
    hint.classList.toggle("good", left <= 0);
  });
}

// A form is sent once, also after a double click. It can be sent again later, because a
// form whose response is a file leaves the page as it is.
for (const form of document.forms) {
  let sent = -Infinity;
  form.addEventListener("submit", (event) => {
    if (event.timeStamp - sent < 5000) event.preventDefault();
    else sent = event.timeStamp;
  });
}

// A page that the browser shows again from its memory may be of a user that has logged
// out since.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// The last step, since it throws if the language of the page is no BCP 47 tag.
const timeFormat = new Intl.DateTimeFormat(document.documentElement.lang || undefined, {
  year: "numeric", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
});
for (const time of document.querySelectorAll("time[datetime]")) {
  time.title = time.textContent;
  time.textContent = timeFormat.format(new Date(time.dateTime));
}
