using CredentialBroker.WebConsole.Tests.TestInfra;
using Microsoft.Playwright;

namespace CredentialBroker.WebConsole.Tests;

/// <summary>
/// Every page, by day and by night, wide and narrow: nothing that axe calls serious, nothing wider than the window. With
/// CONSOLE_PICTURES=FOLDER each is also kept as a picture, for people to look at.
/// </summary>
[Collection("console")]
public sealed class LookTests(ConsoleScene scene)
{
    private static readonly string? Pictures = Environment.GetEnvironmentVariable("CONSOLE_PICTURES");

    [BrowserTheory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Every_page_can_be_read_by_everybody(bool dark, bool narrow)
    {
        var (lease, incident) = await scene.StoryAsync();
        await using var window = await scene.OpenAsync(dark, narrow);
        var violations = new List<string>();
        await window.Page.GotoAsync("/console/sign-in");
        await LookAsync("sign-in");
        await window.SignInAsync(scene.Scene.OperatorToken);
        foreach (var (name, address) in new[]
        {
            ("overview", "/console"), ("leases", "/console/leases"), ("leases-wrong", "/console/leases?selector=colour%3Dred"), ("lease", $"/console/leases/{lease}"), ("approvals", "/console/approvals"),
            ("templates", "/console/templates"), ("template", "/console/templates/token"), ("incidents", "/console/incidents"), ("preview", "/console/incidents/new?selector=template%3Dtoken"),
            ("incident", $"/console/incidents/{incident}"), ("report", $"/console/incidents/{incident}/report"), ("controls", "/console/controls"), ("reviews", "/console/reviews"),
            ("identities", "/console/reviews/identity"), ("identity", $"/console/reviews/identity/{await scene.IdentityAsync()}"), ("blast-radius", "/console/reviews/blast-radius?selector=template%3Dtoken"), ("audit", "/console/audit"),
        })
        {
            await window.Page.GotoAsync(address);
            await LookAsync(name);
        }

        await window.Page.GotoAsync("/console/leases");
        await window.Page.Locator("td a").Last.ClickAsync();
        await window.Page.GotoAsync("/console/approvals");
        await window.Page.Locator("td a").First.ClickAsync();
        await window.HeadedAsync("Approval");
        await LookAsync("approval");
        Assert.True(violations.Count == 0, string.Join('\n', violations));

        async Task LookAsync(string name)
        {
            // Each theme once, and each width once; the other two are only measured.
            violations.AddRange(await window.ViolationsAsync(throughout: dark == narrow));
            if (Pictures is not null) await window.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Pictures, $"{name}-{(dark ? "dark" : "light")}-{(narrow ? 390 : 1440)}.png"), FullPage = true });
        }
    }
}
