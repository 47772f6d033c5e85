// Draws the pictures of the README and of the tour: from a search to an order that is looked into.
import { address, end, logIn, open, rest } from "./window.mjs";

const [password, folder, card] = rest;
const draw = (page, name) => page.screenshot({ path: `${folder}/${name}.png` });

async function window(role, height) {
  const page = await open(role);
  await page.setViewportSize({ width: 1100, height });
  if (role !== "visitor") await logIn(page, role, password);
  return page;
}

const buyer = await window("buyer", 1000);
await buyer.goto(`${address}/shop`);
await draw(buyer, "shop");
await buyer.getByLabel("Search for").fill("stonewear mug");
await buyer.keyboard.press("Enter");
await buyer.getByRole("link", { name: "Stoneware Mug 350 ml" }).first().click();
await draw(buyer, "tour-item");
await buyer.getByRole("button", { name: "Put into the cart" }).click();
await buyer.goto(`${address}/shop/checkout`);
await buyer.getByLabel("Full name").fill("Bea Buyer");
await buyer.getByLabel("Street and number").fill("1 Main Street");
await buyer.getByLabel("City").fill("Berlin");
await buyer.getByLabel("Country").fill("DE");
await buyer.getByLabel(card).check();
await draw(buyer, "tour-checkout");
await buyer.getByRole("button", { name: /^Order for/ }).click();
await buyer.waitForURL(/\/shop\/orders\//);
await draw(buyer, "tour-order");
const order = new URL(buyer.url()).pathname.split("/").pop();
await buyer.getByRole("status").filter({ hasText: "Paid and handed to the carrier" }).waitFor();

const operator = await window("operator", 1400);
await operator.goto(`${address}/console/orders/${order}`);
await draw(operator, "console");
const seller = await window("seller", 1000);
await seller.goto(`${address}/sell/items`);
await draw(seller, "sell");
await end({});
