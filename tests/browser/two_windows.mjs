// A slow card in one window; in another an operator finds the order and has it looked after.
import { address, end, logIn, open, rest } from "./window.mjs";

const [password, card] = rest;
const buyer = await open("buyer");
await logIn(buyer, "buyer", password);
await buyer.goto(`${address}/shop?term=lamp`);
await buyer.locator("main a[href^='/shop/items/']").first().click();
await buyer.getByRole("button", { name: "Put into the cart" }).click();
await buyer.goto(`${address}/shop/checkout`);
await buyer.getByLabel("Full name").fill("Bea Buyer");
await buyer.getByLabel("Street and number").fill("1 Main Street");
await buyer.getByLabel("City").fill("Berlin");
await buyer.getByLabel("Country").fill("DE");
await buyer.getByLabel(card).check();
await buyer.getByRole("button", { name: /^Order for/ }).click();
await buyer.waitForURL(/\/shop\/orders\//);
const order = new URL(buyer.url()).pathname.split("/").pop();
const operator = await open("operator");
await logIn(operator, "operator", password);
await operator.goto(`${address}/console/orders/${order}`);
const calls = await operator.getByText("confirm").count();
const done = buyer.getByRole("status").filter({ hasText: "Paid and handed to the carrier" });
await done.waitFor();
await end({ order, calls, done: await done.isVisible() });
