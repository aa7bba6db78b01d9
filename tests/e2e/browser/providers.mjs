// A browser signs in at every provider that nobody here wrote, each before a program of its own.
//
//   node providers.mjs '{"logins": {"NAME": {"url": "http://127.0.0.1:PORT/deep?x=1", "user": "…", "password": "…"}}, "shots": "…"}'
//
// With a password there is a form to fill in and an application to allow; without, an account to choose. Whoever is kept out
// (`"keptOut": "WORDS"` instead of `"email"`) reads a page that says why, in each view.
import { VIEWS, expect, finish, fits, judge, launch, shoot } from './chromium.mjs';

const { logins, shots } = JSON.parse(process.argv[2]);
const browser = await launch();
for (const [name, { url, user, password, email, keptOut }] of Object.entries(logins)) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  expect(new URL(page.url()).port !== new URL(url).port, `${name}: the visitor was not sent to the provider`);
  if (password) {
    await page.locator('input[name=user_name]').fill(user);
    await page.locator('input[name=password]').fill(password);
    await page.locator('form[action="/user/login"] button').click();
    await shoot(page, shots, `provider-${name}`);
    await page.locator('#authorize-app').click();
  } else {
    await shoot(page, shots, `provider-${name}`);
    await page.locator(`form:has(input[value="${user}"]) button`).click();
  }
  if (keptOut) {
    await page.waitForURL(new URL('/oauth2/callback?**', url).href);
    const text = await page.locator('body').innerText();
    expect(text.includes(keptOut) && text.includes(user), `${name}: the page says ${text}`);
    for (const [view, { colorScheme, viewport }] of Object.entries(VIEWS)) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      await fits(page, `${name} (${view})`);
      await judge(page, `${name} (${view})`);
      await shoot(page, shots, `${name}-${view}`);
    }
    expect(await page.getByRole('link', { name: 'another account' }).isVisible(), `${name}: no way to another account`);
    await context.close();
    continue;
  }
  await page.waitForURL(url);
  const seen = JSON.parse(await page.locator('body').innerText());
  const told = seen.headers.filter(([header]) => header.toLowerCase() === 'x-forwarded-email').map(([, value]) => value);
  expect(told.join() === email, `${name}: the app was told ${told}`);
  const cookies = (await context.cookies(url)).filter(({ name }) => /^_oauth2_proxy/.test(name));
  expect(cookies.length > 0 && cookies.every(({ httpOnly }) => httpOnly), `${name}: ${JSON.stringify(cookies)}`);
  await context.close();
}
await finish(browser);
