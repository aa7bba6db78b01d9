// Takes the pictures of the README from a running demo, in light and dark:
//   target/debug/demo --port 8000 &
//   node docs/images/shoot.mjs http://app1.demo.localhost:8000/
// with the browser that `tests/counterparts/install.sh browser` installs.
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = process.env.SIDECAR_TEST_CACHE ?? join(homedir(), '.cache/oauth2-sidecar');
const { chromium } = createRequire(join(cache, 'node/'))('playwright-core');
const here = dirname(fileURLToPath(import.meta.url));
const [url] = process.argv.slice(2);

const root = process.getuid() === 0 ? ['--no-sandbox'] : [];
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-proxy-server', ...root] });
for (const colorScheme of ['light', 'dark']) {
  const context = await browser.newContext({ colorScheme, viewport: { width: 760, height: 560 } });
  const page = await context.newPage();
  const shoot = (name) => page.screenshot({ path: join(here, `${name}-${colorScheme}.png`) });
  await page.goto(url);
  await shoot('sign-in');
  await page.locator('a[href*="/oauth2/start"]').click();
  await page.locator('button[value=alice]').click();
  await page.locator('button[value=allow]').click();
  await page.waitForURL(url);
  await shoot('app');
  await context.close();
}
await browser.close();
