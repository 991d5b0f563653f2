using System.Net;
using CredentialBroker.WebConsole.Tests.TestInfra;
using Microsoft.Playwright;

namespace CredentialBroker.WebConsole.Tests;

/// <summary>What each page is for, done by clicking.</summary>
[Collection("console")]
public sealed class ActTests(ConsoleScene scene)
{
    [BrowserFact]
    public async Task A_lease_is_found_by_selector_looked_at_and_revoked()
    {
        var (pod, lease) = await scene.LeaseAsync();
        await using var window = await scene.SignedInAsync();
        await window.Entry("Leases").ClickAsync();
        await window.Page.GetByRole(AriaRole.Searchbox).FillAsync($"instance={pod}");
        await window.Button("Show").ClickAsync();
        await window.Page.GetByTitle(lease, new() { Exact = true }).ClickAsync();
        await window.HeadedAsync(lease);
        await window.SeesAsync("granted, evidence of strength 2");
        await window.SeesAsync("each proven to be in the signed tree");
        await window.Page.GetByLabel("Why").FillAsync("INC-77");
        await window.Button("Revoke this lease").ClickAsync();
        // The page keeps itself fresh.
        await Assertions.Expect(window.Page.Locator(".title .tag")).ToHaveTextAsync("ended");
        await window.SeesAsync("credential.revoked");
    }

    [BrowserFact]
    public async Task A_selector_that_is_wrong_is_told_with_its_position_and_text_of_others_stays_text()
    {
        await using var window = await scene.SignedInAsync();
        await window.Page.GotoAsync("/console/leases?selector=" + Uri.EscapeDataString("state=active,colour=<script>alert(1)</script>"));
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("selector, position");
        Assert.Equal("state=active,colour=<script>alert(1)</script>", await window.Page.GetByRole(AriaRole.Searchbox).InputValueAsync());
    }

    [BrowserFact]
    public async Task A_selector_is_saved_used_and_dropped()
    {
        await using var window = await scene.SignedInAsync();
        await window.Page.GotoAsync("/console/leases?selector=namespace%3Dshop%2Cstate%3Dactive");
        await window.Page.GetByText("Save this selector").ClickAsync();
        await window.Page.GetByLabel("Name").FillAsync("shop-live");
        await window.Button("Save").ClickAsync();
        await window.SeesAsync("Saved as shop-live.");
        await window.Page.GotoAsync("/console/leases");
        await window.Link("★ shop-live").ClickAsync();
        Assert.Equal("namespace=shop,state=active", await window.Page.GetByRole(AriaRole.Searchbox).InputValueAsync());
        await window.Button("Drop shop-live").ClickAsync();
        await window.SeesAsync("shop-live is dropped.");
        await Assertions.Expect(window.Link("★ shop-live")).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task R30_R58_An_identity_is_looked_at_and_decided_on_and_its_reach_is_taken_home()
    {
        var (pod, lease) = await scene.LeaseAsync();
        await scene.IdentityAsync("basket");
        await using var window = await scene.SignedInAsync();
        await window.Entry("Reviews").ClickAsync();
        await window.Link("Identities of workloads").ClickAsync();
        await window.Link("k8s://cluster/shop/basket").ClickAsync();
        await window.SeesAsync("DB_PASSWORD of container app of Pod shop/basket-1 holds what looks like a secret");
        await window.Page.GetByLabel("What was found").FillAsync("moved to a lease next week");
        await window.Button("Accept").ClickAsync();
        await window.SeesAsync("Accepted. It stands until the identity is another.");
        await window.Page.GotoAsync($"/console/leases/{lease}");
        await window.Link("What its holder could reach").ClickAsync();
        await window.SeesAsync("1 instances hold 1 live leases");
        Assert.Contains(pod, await window.Page.GetByRole(AriaRole.Searchbox).InputValueAsync(), StringComparison.Ordinal);
        var page = await window.Page.RunAndWaitForDownloadAsync(() => window.Link("Download as Markdown").ClickAsync());
        Assert.Equal("blast-radius.md", page.SuggestedFilename);
    }

    [BrowserFact]
    public async Task R34_A_responder_previews_revokes_watches_and_takes_the_report_home()
    {
        var (pod, _) = await scene.LeaseAsync();
        await using var window = await scene.SignedInAsync();
        await window.Entry("Incidents").ClickAsync();
        await window.Link("New incident").ClickAsync();
        await window.Page.GetByRole(AriaRole.Searchbox).FillAsync($"instance={pod}");
        await window.Button("Preview").ClickAsync();
        await window.SeesAsync("This would end 1 lease");
        await window.SeesAsync("k8s://cluster/shop/checkout 1 lease of 1 instance");
        await window.Page.GetByLabel("Why").FillAsync("INC-78: <b>not bold</b>");
        await window.Page.GetByLabel("Freeze first").CheckAsync();
        await window.Button("Revoke 1 lease").ClickAsync();
        await window.HeadedAsync("Incident");
        await Assertions.Expect(window.Page.Locator(".title .tag")).ToHaveTextAsync("finished", new() { Timeout = 60_000 });
        await window.SeesAsync("1 of 1 lease ended, 0 remaining.");
        await window.SeesAsync("INC-78: <b>not bold</b>");
        await window.Link("Report").ClickAsync();
        await window.HeadedAsync("Report");
        await window.SeesAsync("signed-token/internal");
        var download = await window.Page.RunAndWaitForDownloadAsync(() => window.Link("Download as Markdown").ClickAsync());
        Assert.Contains("INC-78", await File.ReadAllTextAsync(await download.PathAsync()), StringComparison.Ordinal);

        // Frozen with it, nothing is issued anew; thawed, it is.
        Assert.Equal(HttpStatusCode.Forbidden, (await scene.Scene.ClaimAsync(scene.Scene.Token(pod), "token")).Status);
        await window.Page.GotoAsync("/console/controls");
        await window.Button($"Thaw instance={pod}").ClickAsync();
        await window.SeesAsync("The freeze is lifted.");
    }

    [BrowserFact]
    public async Task R34_Above_a_size_another_person_confirms()
    {
        await scene.AddLeasesAsync("confirm", 60);
        await using var window = await scene.SignedInAsync();
        await window.Page.GotoAsync("/console/incidents/new?selector=instance%3Dconfirm");
        await window.SeesAsync("another person has to confirm");
        await window.Page.GetByLabel("Why").FillAsync("INC-79");
        await window.Button("Revoke 60 leases").ClickAsync();
        await window.SeesAsync("It waits for another person");
        await window.Button("Confirm revoking 60 leases").ClickAsync();
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        var address = window.Page.Url;

        await using var second = await scene.SignedInAsync(await scene.PersonAsync("second"));
        await second.Entry("Reviews").ClickAsync();
        await second.SeesAsync("instance=confirm");
        await second.Page.GotoAsync(address);
        await second.Button("Confirm revoking 60 leases").ClickAsync();
        await second.SeesAsync("Confirmed. It has begun.");
        await Assertions.Expect(second.Page.Locator(".title .tag")).ToHaveTextAsync("finished", new() { Timeout = 60_000 });
    }

    [BrowserFact]
    public async Task R34_A_freeze_and_a_hold_are_set_and_lifted()
    {
        await using var window = await scene.SignedInAsync();
        await window.Entry("Freezes & holds").ClickAsync();
        var freezes = window.Page.GetByRole(AriaRole.Region, new() { Name = "Freezes" });
        await freezes.GetByLabel("Selector").FillAsync("environment=acts");
        await freezes.GetByLabel("Why").FillAsync("INC-80");
        await window.Button("Freeze").ClickAsync();
        await window.SeesAsync("Frozen: environment=acts.");
        await window.Button("Thaw environment=acts").ClickAsync();
        await window.SeesAsync("The freeze is lifted.");
        var holds = window.Page.GetByRole(AriaRole.Region, new() { Name = "Holds" });
        await holds.GetByLabel("Selector").FillAsync("environment=acts");
        await holds.GetByLabel("Why").FillAsync("forensics");
        await holds.GetByLabel("For how long").FillAsync("25h");
        await window.Button("Hold").ClickAsync();
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        // What was typed is still there.
        await Assertions.Expect(holds.GetByLabel("Why")).ToHaveValueAsync("forensics");
        await holds.GetByLabel("For how long").FillAsync("1h");
        await window.Button("Hold").ClickAsync();
        await window.Button("Lift environment=acts").ClickAsync();
        await window.SeesAsync("The hold is lifted.");
    }

    [BrowserFact]
    public async Task An_approval_is_followed_to_what_rests_on_it()
    {
        var (pod, lease) = await scene.LeaseAsync();
        await using var window = await scene.SignedInAsync();
        await window.Entry("Approvals").ClickAsync();
        await window.Page.GetByRole(AriaRole.Link, new() { NameRegex = new("^bound ") }).ClickAsync();
        await window.Page.GetByRole(AriaRole.Link, new() { NameRegex = new($"^ref-{pod}-") }).ClickAsync();
        await window.HeadedAsync("Approval");
        await window.SeesAsync("alice");
        await window.Page.GetByTitle(lease, new() { Exact = true }).ClickAsync();
        await window.HeadedAsync(lease);
    }

    [BrowserFact]
    public async Task A_claim_is_explained_clause_by_clause()
    {
        var pod = scene.Scene.NewPod();
        await scene.Scene.ApproveAsync(scene.Scene.ApprovalOf(pod, "token"));
        await using var window = await scene.SignedInAsync();
        await window.Entry("Templates").ClickAsync();
        await window.Link("token").ClickAsync();
        await window.Page.GetByLabel("Workload").FillAsync("k8s://cluster/shop/checkout");
        await window.Page.GetByLabel("Instance").FillAsync(pod);
        await window.Button("Explain").ClickAsync();
        await Assertions.Expect(window.Page.Locator(".explained .tag")).ToHaveTextAsync("granted");
        await window.Page.GetByLabel("Workload").FillAsync("k8s://cluster/shop/somebody-else");
        await window.Button("Explain").ClickAsync();
        await Assertions.Expect(window.Page.Locator(".explained .tag")).ToHaveTextAsync("refused");
        await Assertions.Expect(window.Page.Locator(".clause-fails").First).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task What_one_person_asked_for_another_approves_and_ends()
    {
        var asked = await scene.Scene.OperatorAsync(HttpMethod.Post, "/v1/exceptions",
            """{"templates":["short"],"may":{"concurrentLeases":5},"owners":{"runtime":"team-shop","policy":"team-security","operator":"team-sre"},"reason":"second person","ticket":"SHOP-13","for":"8h"}""");
        Assert.Equal(HttpStatusCode.Created, asked.Status);
        await using var window = await scene.SignedInAsync();
        await window.Entry("Reviews").ClickAsync();
        await window.Button("Approve exception for short").ClickAsync();
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("person");

        await using var second = await scene.SignedInAsync(await scene.PersonAsync("reviewer"));
        await second.Entry("Reviews").ClickAsync();
        await second.Button("Approve exception for short").ClickAsync();
        await second.SeesAsync("Approved.");
        await second.Button("End exception for short").ClickAsync();
        await second.SeesAsync("Ended, and what rests on it ends with it.");
    }

    [BrowserFact]
    public async Task R51_Break_glass_is_reviewed_by_another()
    {
        var opened = await scene.Scene.SendAsync(HttpMethod.Post, "/v1/breakglass", await scene.PersonAsync("opener"), new StringContent(
            $$"""{"template":"short","workload":"k8s://cluster/shop/checkout","instance":"{{scene.Scene.NewPod()}}","reason":"the gate is down","ticket":"INC-82","for":"30m"}""", System.Text.Encoding.UTF8, "application/json"));
        Assert.True(opened.Status == HttpStatusCode.Created, opened.Body);
        await using var window = await scene.SignedInAsync(await scene.PersonAsync("looker"));
        await window.Entry("Reviews").ClickAsync();
        var record = window.Page.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "the gate is down" });
        await record.Locator("summary").ClickAsync();
        await record.GetByLabel("What was found").FillAsync("the gate was down");
        await record.GetByRole(AriaRole.Button, new() { Name = "It was right" }).ClickAsync();
        await window.SeesAsync("Reviewed.");
        var id = opened.Json.GetProperty("id").GetString();
        Assert.Equal("justified: the gate was down", (await scene.Scene.OperatorAsync(HttpMethod.Get, $"/v1/breakglass/{id}")).Json.GetProperty("review").GetString());
    }

    [BrowserFact]
    public async Task All_records_are_verified_before_the_auditors_eyes()
    {
        await scene.LeaseAsync();
        await using var window = await scene.SignedInAsync();
        await window.Entry("Audit").ClickAsync();
        await window.Button("Verify all records").ClickAsync();
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Status)).ToContainTextAsync("agreeing with the signed checkpoint");
        await window.Page.GetByLabel("Type").FillAsync("credential.issued");
        await window.Button("Show").ClickAsync();
        await window.Page.Locator("summary", new() { HasText = "credential.issued" }).First.ClickAsync();
        await Assertions.Expect(window.Page.Locator("pre").First).ToContainTextAsync("\"type\": \"credential.issued\"");
    }

    [BrowserFact]
    public async Task The_overview_shows_what_lives_and_leads_there()
    {
        await scene.LeaseAsync();
        await using var window = await scene.SignedInAsync();
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Img, new() { NameRegex = new("issued and .* ended in the last hour") })).ToBeVisibleAsync();
        await window.Link("signed-token").ClickAsync();
        await window.HeadedAsync("Leases");
        Assert.Equal("backend=signed-token", await window.Page.GetByRole(AriaRole.Searchbox).InputValueAsync());
    }
}
