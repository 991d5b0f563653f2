using Microsoft.Playwright;

namespace CredentialBroker.WebConsole.Tests.TestInfra;

/// <summary>One headless browser for the whole suite; each test has a window of its own, with nothing remembered.</summary>
internal sealed class Browsing : IAsyncDisposable
{
    public const string Program = "/usr/bin/chromium";
    public const string Missing = "there is no " + Program + " on this machine: tests/install-browser.sh installs it";

    private readonly IPlaywright _driver;
    private readonly IBrowser _browser;

    private Browsing(IPlaywright driver, IBrowser browser) => (_driver, _browser) = (driver, browser);

    public static async Task<Browsing> StartAsync()
    {
        var driver = await Playwright.CreateAsync();
        return new Browsing(driver, await driver.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Program,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        }));
    }

    public async Task<Window> OpenAsync(Uri address, bool dark = false, bool narrow = false)
    {
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = address.ToString(),
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            ViewportSize = narrow ? new ViewportSize { Width = 390, Height = 844 } : new ViewportSize { Width = 1440, Height = 900 },
            Locale = "en-GB",
        });
        context.SetDefaultTimeout(15_000);
        return new Window(context, await context.NewPageAsync(), address);
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _driver.Dispose();
    }
}
