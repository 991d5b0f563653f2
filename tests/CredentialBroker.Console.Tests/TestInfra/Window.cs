using System.Collections.Concurrent;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace CredentialBroker.WebConsole.Tests.TestInfra;

/// <summary>A browser's window that remembers what no page of the console may do: say an error, break the policy, ask somebody else.</summary>
internal sealed class Window : IAsyncDisposable
{
    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly HashSet<string> _known;

    public Window(IBrowserContext context, IPage page, Uri address)
    {
        (_context, Page, Address) = (context, page, address);
        _known = [address.GetLeftPart(UriPartial.Authority)];
        // A refusal is an answer, and so no fault of a page.
        page.Console += (_, said) => { if (said.Type is "error" or "warning" && !said.Text.StartsWith("Failed to load resource", StringComparison.Ordinal)) _faults.Enqueue($"{said.Type}: {said.Text}"); };
        page.PageError += (_, error) => _faults.Enqueue($"exception: {error}");
        page.Request += (_, request) => { if (!_known.Contains(new Uri(request.Url).GetLeftPart(UriPartial.Authority))) _faults.Enqueue($"asked elsewhere: {request.Url}"); };
    }

    public IPage Page { get; }

    public Uri Address { get; }

    public IReadOnlyCollection<string> Faults => _faults;

    public IBrowserContext Context => _context;

    /// <summary>Somewhere else that a browser is sent to on purpose.</summary>
    public void Allow(Uri elsewhere) => _known.Add(elsewhere.GetLeftPart(UriPartial.Authority));

    public async Task<Window> SignInAsync(string token)
    {
        await Page.GotoAsync("/console");
        await Page.GetByLabel("Operator's token").FillAsync(token);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await HeadedAsync("Overview");
        return this;
    }

    /// <summary>Waits until the page of this heading is there.</summary>
    public Task HeadedAsync(string heading) => Assertions.Expect(Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync(heading);

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    /// <summary>A page's name in the navigation; the overview may name it too.</summary>
    public ILocator Entry(string name) => Page.GetByRole(AriaRole.Navigation, new() { Name = "Pages" }).GetByRole(AriaRole.Link, new() { Name = name, Exact = true });

    public ILocator Link(string name) => Page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true });

    public Task SeesAsync(string text) => Assertions.Expect(Page.Locator("main")).ToContainTextAsync(text);

    /// <summary>No serious or critical violation of what can be told by a machine, and nothing wider than the window.</summary>
    public async Task<List<string>> ViolationsAsync(bool throughout = true)
    {
        // In the page itself: the library's own way opens one more page for every run.
        if (throughout) await Page.EvaluateAsync(Axe);
        var violations = !throughout ? [] : (await Page.EvaluateAsync<string[]>(
            """
            async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.filter(one => one.impact === "serious" || one.impact === "critical")
                .map(one => `${location.href}: ${one.id} (${one.impact}): ${one.nodes.slice(0, 3).map(node => node.html).join("; ")}`)
            """)).ToList();
        var over = await Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        if (over > 0) violations.Add($"{Page.Url}: wider than the window by {over}");
        return violations;
    }

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        Assert.True(_faults.IsEmpty, string.Join('\n', _faults));
    }
}
