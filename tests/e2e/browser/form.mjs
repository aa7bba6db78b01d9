// The form for a name and a password, in each view: what it looks like, what a wrong password brings, where a right one
// leads, also when the app sends the visitor on to another site at once.
//
//   node form.mjs '{"url": "…/deep", "onward": "…/onward", "elsewhere": "http://…/", "user": "…", "password": "…", "shots": "…"}'
import { VIEWS, expect, finish, fits, judge, launch, shoot, visitor } from './chromium.mjs';

const { url, onward, elsewhere, user, password, shots } = JSON.parse(process.argv[2]);
const browser = await launch();

async function fill(page, secret) {
  await page.getByLabel('User name').fill(user);
  await page.getByLabel('Password').fill(secret);
  await page.getByLabel('Password').press('Enter');
  await page.waitForLoadState();
}

for (const [view, options] of Object.entries(VIEWS)) {
  const page = await visitor(browser, options);
  const answer = await page.goto(url);
  expect(answer.status() === 403, `${view}: status ${answer.status()}`);
  const look = async (name) => {
    await fits(page, `${name} (${view})`);
    await shoot(page, shots, `${name}-${view}`);
    await judge(page, `${name} (${view})`);
  };
  await look('sign-in-form');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  expect(await page.getByLabel('User name').evaluate((field) => field === document.activeElement), `${view}: Tab does not lead to the form`);
  await fill(page, 'wrong');
  expect(await page.getByRole('alert').isVisible(), `${view}: nothing says that the password was wrong`);
  await look('sign-in-form-wrong');
  await fill(page, password);
  expect(page.url() === url, `${view}: the login led to ${page.url()}`);
  await page.context().close();
}

const page = await visitor(browser, VIEWS.light);
await page.goto(onward);
await fill(page, password);
await page.waitForURL(elsewhere, { timeout: 10000 }).catch(() => {});
expect(page.url() === elsewhere, `an app that sends the visitor on led to ${page.url()}`);
await finish(browser);
