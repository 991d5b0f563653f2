using CredentialBroker.WebConsole.Tests.TestInfra;
using Microsoft.Playwright;

namespace CredentialBroker.WebConsole.Tests;

/// <summary>By keyboard alone, and with more rows than a window can hold.</summary>
[Collection("console")]
public sealed class HandTests(ConsoleScene scene)
{
    [BrowserFact]
    public async Task R34_An_incident_is_begun_and_finished_without_a_mouse()
    {
        var (pod, _) = await scene.LeaseAsync();
        await using var window = await scene.SignedInAsync();
        await TabToAsync(window, "Incidents");
        await window.Page.Keyboard.PressAsync("Enter");
        await window.HeadedAsync("Incidents");
        await TabToAsync(window, "New incident");
        await window.Page.Keyboard.PressAsync("Enter");
        await window.HeadedAsync("New incident");
        await window.Page.Keyboard.PressAsync("Control+k");
        await window.Page.Keyboard.TypeAsync($"instance={pod}");
        await window.Page.Keyboard.PressAsync("Enter");
        await window.SeesAsync("This would end 1 lease");
        await TabToAsync(window, "Why");
        await window.Page.Keyboard.TypeAsync("INC-81");
        await TabToAsync(window, "Freeze first, so that nothing is issued anew in between");
        await TabToAsync(window, "Revoke 1 lease");
        await window.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(window.Page.Locator(".title .tag")).ToHaveTextAsync("finished", new() { Timeout = 60_000 });
    }

    [BrowserFact]
    public async Task The_first_stop_leads_past_the_menu()
    {
        await using var window = await scene.SignedInAsync();
        await window.Page.GotoAsync("/console/leases");
        await window.Page.Keyboard.PressAsync("Tab");
        await window.Page.Keyboard.PressAsync("Enter");
        await window.Page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Searchbox)).ToBeFocusedAsync();
    }

    [BrowserFact]
    public async Task The_theme_that_was_chosen_is_remembered()
    {
        await using var window = await scene.SignedInAsync();
        await window.Button("Dark theme").ClickAsync();
        await Assertions.Expect(window.Page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        await window.Entry("Leases").ClickAsync();
        await Assertions.Expect(window.Page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        await Assertions.Expect(window.Button("Light theme")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task Thousands_of_rows_are_come_by_on_the_way_down_and_few_of_them_are_in_the_page()
    {
        await scene.AddLeasesAsync("many", 2500);
        await using var window = await scene.SignedInAsync();
        await window.Page.GotoAsync("/console/leases?selector=instance%3Dmany");
        var count = window.Page.Locator("[data-count]");
        var seen = 0;
        for (var i = 0; i < 200 && await count.TextContentAsync() != "2,500"; i++)
        {
            await window.Page.Mouse.WheelAsync(0, 4000);
            await window.Page.WaitForTimeoutAsync(50);
            seen = Math.Max(seen, await window.Page.Locator("table[data-rows] a").CountAsync());
        }

        await Assertions.Expect(count).ToHaveTextAsync("2,500");
        Assert.True(seen <= 1200, $"{seen} rows were in the page at once");
        // Above, nothing was lost.
        await window.Page.EvaluateAsync("scrollTo(0, 0)");
        await Assertions.Expect(window.Page.Locator("table[data-rows] tbody").First.Locator("a")).ToHaveCountAsync(100);
    }

    /// <summary>Goes on with the tab key until something of this name is reached.</summary>
    private static async Task TabToAsync(Window window, string name)
    {
        for (var i = 0; i < 60; i++)
        {
            await window.Page.Keyboard.PressAsync("Tab");
            var here = await window.Page.EvaluateAsync<string>("(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()");
            if (here == name) return;
        }

        Assert.Fail($"no stop is named {name}");
    }
}
