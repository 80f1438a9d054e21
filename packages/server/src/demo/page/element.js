/** Makes an element. Children that are texts become text, never markup. */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== null));
  return made;
}

export function nameOf(account) {
  return [account?.first_name, account?.last_name].filter(Boolean).join(" ") || `Account ${account?.id}`;
}

export function initialsOf(account) {
  return nameOf(account)
    .split(" ")
    .map((word) => word[0])
    .slice(0, 2)
    .join("");
}
