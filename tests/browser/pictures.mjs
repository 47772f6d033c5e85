// Draws the pictures of the README: a search, an order in the console, and a seller's items.
import { address, end, logIn, open, rest } from "./window.mjs";

const [password, folder, order] = rest;

async function draw(role, path, name, height) {
  const page = await open(role);
  await page.setViewportSize({ width: 1100, height });
  if (role !== "visitor") await logIn(page, role, password);
  await page.goto(address + path);
  await page.screenshot({ path: `${folder}/${name}.png` });
}

await draw("visitor", "/shop", "shop", 1180);
await draw("operator", `/console/orders/${order}`, "console", 1400);
await draw("seller", "/sell/items", "sell", 1180);
await end({});
