using System.Net;
using CredentialBroker.Hosting.Inside;
using CredentialBroker.Protocol;
using CredentialBroker.WebConsole.Tests.TestInfra;
using Microsoft.Extensions.DependencyInjection;
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

    [BrowserFact]
    public async Task An_issuers_yes_opens_the_page_that_was_asked_for_with_that_persons_roles()
    {
        await using var window = await scene.OpenAsync();
        window.Allow(scene.Issuer.Address);
        await window.Page.GotoAsync("/console/leases?selector=state%3Dactive");
        await window.Link("Continue with corp").ClickAsync();
        await window.Link("Yes, I am ann").ClickAsync();
        await window.HeadedAsync("Leases");
        Assert.Equal("state=active", await window.Page.GetByLabel("Selector").First.InputValueAsync());
        await Assertions.Expect(window.Page.Locator(".who")).ToContainTextAsync("ann@test");
        await Assertions.Expect(window.Page.Locator(".who-roles")).ToHaveTextAsync("responder");

        // What a responder may not read is told, and the rest of the page stands.
        await window.Page.GotoAsync("/console/audit");
        await window.SeesAsync("this takes one of the roles");
        var cookie = Assert.Single(await window.Context.CookiesAsync(), one => one.Name == "credbroker");
        Assert.True(cookie.HttpOnly);
        Assert.Equal(SameSiteAttribute.Strict, cookie.SameSite);
        Assert.DoesNotContain("eyJ", cookie.Value, StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task An_answer_to_a_sign_in_that_this_browser_did_not_begin_opens_nothing()
    {
        await using var window = await scene.OpenAsync();
        await window.Page.GotoAsync("/console/signed-in/corp?code=stolen&state=made-up");
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("did not come to an end");
        Assert.DoesNotContain(await window.Context.CookiesAsync(), one => one.Name == "credbroker");
    }

    [BrowserFact]
    public async Task A_token_that_the_API_does_not_take_opens_nothing_and_the_API_says_why()
    {
        await using var window = await scene.OpenAsync();
        await window.Page.GotoAsync("/console/sign-in");
        await window.Page.GetByLabel("Operator's token").FillAsync("cbo_0000");
        await window.Button("Sign in").ClickAsync();
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("this bootstrap token is not alive");
    }

    [BrowserFact]
    public async Task Whoever_the_API_knows_no_more_is_signed_out()
    {
        var token = await scene.PersonAsync("leaver");
        await using var window = await scene.SignedInAsync(token);
        await scene.ForgetAsync("leaver");
        await window.Page.GotoAsync("/console/leases");
        await window.HeadedAsync("Sign in");
    }

    [BrowserFact]
    public async Task A_form_from_elsewhere_does_nothing()
    {
        await using var window = await scene.SignedInAsync();
        var before = (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/freezes")).Body;
        var answer = await window.Page.APIRequest.PostAsync("/console/controls/freezes", new APIRequestContextOptions { Form = window.Page.APIRequest.CreateFormData().Append("selector", "--all").Append("reason", "forged") });
        Assert.Equal(400, answer.Status);
        Assert.Equal(before, (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/freezes")).Body);
    }

    [BrowserFact]
    public async Task What_is_good_from_this_machine_only_is_not_made_good_from_elsewhere()
    {
        async Task<HttpStatusCode> AskAsync(string from)
        {
            var services = scene.Broker.Host.Services;
            using var handler = new InsideHandler(services.GetRequiredService<InsideDoor>(), services.GetRequiredService<IServiceScopeFactory>(), IPAddress.Parse(from));
            using var http = new HttpClient(handler) { BaseAddress = new Uri("http://broker.internal/") };
            try
            {
                await new BrokerClient(http, scene.Scene.OperatorToken).WhoAmIAsync();
                return HttpStatusCode.OK;
            }
            catch (BrokerException refusal)
            {
                return refusal.Status;
            }
        }

        Assert.Equal(HttpStatusCode.OK, await AskAsync("127.0.0.1"));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("203.0.113.7"));
    }

    [BrowserFact]
    public async Task Every_answer_forbids_what_is_inline_or_from_elsewhere_and_is_kept_nowhere()
    {
        await using var window = await scene.SignedInAsync();
        foreach (var address in new[] { "/console", "/console/leases", "/console/sign-in", "/console/leases/unknown", "/console/sign-in/nobody" })
        {
            var answer = await window.Page.APIRequest.GetAsync(address);
            Assert.Contains("no-store", answer.Headers["cache-control"], StringComparison.Ordinal);
            Assert.Equal("nosniff", answer.Headers["x-content-type-options"]);
            var policy = answer.Headers["content-security-policy"];
            Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        }
    }
}
