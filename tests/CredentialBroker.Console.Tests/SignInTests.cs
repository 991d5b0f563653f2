using CredentialBroker.WebConsole.Tests.TestInfra;
using Microsoft.Playwright;

namespace CredentialBroker.WebConsole.Tests;

[Collection("console")]
public sealed class SignInTests(ConsoleScene scene)
{
    [BrowserFact]
    public async Task The_bootstrap_token_opens_the_console_until_signing_out()
    {
        await using var window = await scene.SignedInAsync();
        await window.SeesAsync("Live leases");
        await window.Button("Sign out").ClickAsync();
        await window.HeadedAsync("Sign in");
        await window.Page.GotoAsync("/console/leases");
        await window.HeadedAsync("Sign in");
    }
}
