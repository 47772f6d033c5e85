// From a search to a completed order, by keyboard and mouse; with scripts the page moves by itself.
import { address, end, logIn, open, rest } from "./window.mjs";

const [password, scripts] = rest;
const page = await open("buyer", { scripts: scripts === "scripts" });
await logIn(page, "buyer", password);
await page.goto(`${address}/shop`);
await page.getByLabel("Search for").fill("stonewear mug");
await page.keyboard.press("Enter");
await page.getByRole("link", { name: "Stoneware Mug 350 ml" }).first().click();
await page.getByRole("button", { name: "Put into the cart" }).click();
await page.goto(`${address}/shop/cart`);
await page.getByRole("link", { name: "Check out" }).or(
  page.getByRole("button", { name: "Check out" })).first().click();
await page.getByLabel("Full name").fill("Bea Buyer");
await page.getByLabel("Street and number").fill("1 Main Street");
await page.getByLabel("City").fill("Berlin");
await page.getByLabel("Country").fill("DE");
await page.getByRole("button", { name: /^Order for/ }).click();
await page.waitForURL(/\/shop\/orders\//);
const order = page.url();
const done = page.getByRole("status").filter({ hasText: "Paid and handed to the carrier" });
if (scripts === "scripts") await done.waitFor();
for (let tries = 0; scripts !== "scripts" && tries < 300 && !(await done.isVisible()); tries++) {
  await page.waitForTimeout(200);
  await page.reload();
}
await end({ order: new URL(order).pathname, done: await done.isVisible() });
