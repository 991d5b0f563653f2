using System.Text.Json.Nodes;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.GitHub;

public sealed class GitHubMintTests
{
    [Fact]
    public async Task The_token_is_for_what_was_asked_and_is_kept_sealed_for_its_own_lease_only()
    {
        await using var rig = await GitHubRig.StartAsync();
        var (handle, minted, _) = await rig.MintAsync(rig.Grant("web"));
        var made = Assert.Single(rig.StandIn!.Tokens);
        Assert.Equal([102], made.Repositories);
        Assert.Equal("""{"contents":"read","metadata":"read"}""", made.Permissions.ToJsonString());
        Assert.Equal((made.Token, "x-access-token"), (minted.Secret.Member("test", "token"), minted.Secret.Member("test", "username")));
        Assert.DoesNotContain(made.Token[4..], handle, StringComparison.Ordinal);
        // Moved under another lease it opens for nobody.
        var (other, _, _) = await rig.MintAsync();
        var moved = Handle.Write(GitHubRig.TargetName, ("lease", Handle.Find(other, "lease")!), ("until", Handle.Find(handle, "until")!), ("sealed", Handle.Find(handle, "sealed")!));
        Assert.Contains("no key-encryption key", (await Assert.ThrowsAsync<BackendException>(() => rig.Backend.EndAsync(moved, default).AsTask())).Detail, StringComparison.Ordinal);
        Assert.True(rig.StandIn.Takes(made.Token));
    }

    [Fact]
    public async Task A_token_sealed_under_the_former_key_encryption_key_is_ended_and_one_under_a_lost_key_waits_for_its_expiry()
    {
        await using var rig = await GitHubRig.StartAsync();
        var (handle, minted, _) = await rig.MintAsync();
        var (lost, lostToken, _) = await rig.MintAsync();
        rig.NewKey("next");
        rig.Connect(rig.Target, "next", former: "kek");
        Assert.True((await rig.Backend.EndAsync(handle, default)).WasThere);
        Assert.False(await rig.WorksAsync(minted.Secret));
        rig.Connect(rig.Target, "next");
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.EndAsync(lost, default).AsTask());
        Assert.Equal(Probe.NotPossible, await rig.Backend.ProbeAsync(lost, default));
        rig.Time.Pass(TimeSpan.FromMinutes(62));
        Assert.False((await rig.Backend.EndAsync(lost, default)).WasThere);
        Assert.False(await rig.WorksAsync(lostToken.Secret));
    }

    [Fact]
    public async Task R24_A_lost_answer_is_not_called_ended_before_what_it_may_have_made_is_dead()
    {
        await using var rig = await GitHubRig.StartAsync();
        rig.StandIn!.Losing[GitHubRig.MintCall] = true;
        var order = rig.Order();
        var handle = await rig.Backend.PrepareAsync(rig.Backend.Plan(order), order, default);
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask());
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask());
        var made = Assert.Single(rig.StandIn.Tokens);
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.EndAsync(handle, default).AsTask());
        Assert.Equal((ReasonCodes.EndFailed, false), (failed.Code, failed.Transient));
        Assert.Contains("answer was lost", failed.Detail, StringComparison.Ordinal);
        rig.Time.Pass(TimeSpan.FromMinutes(59));
        Assert.True(rig.StandIn.Takes(made.Token));
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.EndAsync(handle, default).AsTask());
        rig.Time.Pass(TimeSpan.FromMinutes(3));
        Assert.False(rig.StandIn.Takes(made.Token));
        Assert.False((await rig.Backend.EndAsync(handle, default)).WasThere);
    }

    [Theory]
    [InlineData("limited", ReasonCodes.TargetUnavailable, "rate limit")]
    [InlineData("busy", ReasonCodes.TargetUnavailable, "rate limit")]
    [InlineData("repository", ReasonCodes.MintFailed, "status 422")]
    [InlineData("app", ReasonCodes.TargetUnavailable, "status 401")]
    [InlineData("installation", ReasonCodes.MintFailed, "status 404")]
    public async Task What_GitHub_refused_made_nothing_and_its_lease_is_over_at_once(string state, string code, string said)
    {
        await using var rig = await GitHubRig.StartAsync();
        if (state == "busy") rig.StandIn!.Instead[GitHubRig.MintCall] = (429, "application/json", """{"message":"hunter2"}""");
        if (state == "repository") rig.StandIn!.Repositories.Remove(101);
        if (state == "app") rig.Connect(rig.Target with { AppId = "another" });
        if (state == "installation") rig.StandIn!.Instead[GitHubRig.MintCall] = (404, "application/json", """{"message":"Not Found hunter2"}""");
        rig.StandIn!.RateLimited = state == "limited";
        var order = rig.Order();
        var handle = await rig.Backend.PrepareAsync(rig.Backend.Plan(order), order, default);
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask());
        Assert.Equal(code, failed.Code);
        Assert.Contains(said, failed.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", failed.ToString(), StringComparison.Ordinal);
        Assert.False((await rig.Backend.EndAsync(handle, default)).WasThere);
        Assert.Empty(rig.StandIn.Tokens);
    }

    [Theory]
    [InlineData("hanging", "in time")]
    [InlineData("huge", "cannot be reached")]
    [InlineData("internal", "status 500")]
    [InlineData("redirect", "redirect")]
    [InlineData("page", "no token")]
    public async Task An_answer_that_says_nothing_leaves_it_open_what_was_made(string state, string said)
    {
        await using var rig = await GitHubRig.StartAsync();
        rig.Connect(rig.Target with { RequestTimeout = TimeSpan.FromSeconds(1) });
        var (standIn, call) = (rig.StandIn!, GitHubRig.MintCall);
        if (state == "hanging") standIn.Hanging[call] = true;
        if (state == "huge") standIn.Instead[call] = (201, "application/json", "{\"token\":\"" + new string('x', 1_100_000) + "\"}");
        if (state == "internal") standIn.Instead[call] = (500, "application/json", """{"message":"hunter2"}""");
        if (state == "redirect") standIn.Instead[call] = (301, "application/json", """{"message":"Moved Permanently","url":"https://elsewhere.invalid/hunter2"}""");
        if (state == "page") standIn.Instead[call] = (201, "text/html", "<p>hunter2</p>");
        var order = rig.Order();
        var handle = await rig.Backend.PrepareAsync(rig.Backend.Plan(order), order, default);
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask());
        Assert.Contains(said, failed.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", failed.ToString(), StringComparison.Ordinal);
        Assert.Single(standIn.Asked);
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.EndAsync(handle, default).AsTask());
    }

    [Theory]
    [InlineData("permission", "may do more")]
    [InlineData("level", "may do more")]
    [InlineData("less", "may do less")]
    [InlineData("silent", "does not say")]
    [InlineData("all", "not for named")]
    [InlineData("repository", "other repositories")]
    [InlineData("missing", "other repositories")]
    [InlineData("short", "expires before")]
    public async Task A_token_that_is_not_what_was_asked_for_is_ended_at_once_and_not_handed_out(string kind, string said)
    {
        await using var rig = await GitHubRig.StartAsync();
        rig.StandIn!.Changing[GitHubRig.MintCall] = reply =>
        {
            if (kind == "permission") reply["permissions"]!["administration"] = "read";
            if (kind == "level") reply["permissions"]!["contents"] = "write";
            if (kind == "less") ((JsonObject)reply["permissions"]!).Remove("contents");
            if (kind == "silent") reply.Remove("permissions");
            if (kind == "all") reply["repository_selection"] = "all";
            if (kind == "repository") ((JsonArray)reply["repositories"]!).Add(new JsonObject { ["id"] = 102 });
            if (kind == "missing") reply["repositories"] = new JsonArray();
            if (kind == "short") reply["expires_at"] = "2020-01-01T00:00:00Z";
        };
        var order = rig.Order();
        var handle = await rig.Backend.PrepareAsync(rig.Backend.Plan(order), order, default);
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask());
        Assert.Equal(ReasonCodes.MintFailed, failed.Code);
        Assert.Contains(said, failed.Detail, StringComparison.Ordinal);
        Assert.False(rig.StandIn.Takes(Assert.Single(rig.StandIn.Tokens).Token));
        Assert.False((await rig.Backend.EndAsync(handle, default)).WasThere);
    }

    [Fact]
    public async Task R21_A_token_that_goes_on_working_is_not_ended_and_the_class_that_is_shown_changes()
    {
        await using var rig = await GitHubRig.StartAsync();
        Assert.Empty(await rig.Backend.CheckAsync(GitHubRig.TargetName, default));
        var (handle, minted, order) = await rig.MintAsync();
        Assert.Equal(Revocability.Immediate, rig.Backend.RevocabilityOf(order.Grant));
        rig.StandIn!.EndsNothing = true;
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.EndAsync(handle, default).AsTask());
        Assert.Equal(ReasonCodes.EndFailed, failed.Code);
        Assert.Equal(Revocability.ExpiryOnly, rig.Backend.RevocabilityOf(order.Grant));
        Assert.Equal(Probe.Alive, await rig.Backend.UseAsync(order.Grant, minted.Secret, default));
        Assert.Contains("goes on taking it", Assert.Single(await rig.Backend.CheckAsync(GitHubRig.TargetName, default)), StringComparison.Ordinal);
        rig.StandIn.EndsNothing = false;
        await rig.Backend.EndAsync(handle, default);
        Assert.Equal(Revocability.Immediate, rig.Backend.RevocabilityOf(order.Grant));
    }

    [Fact]
    public async Task The_stateless_form_of_tokens_fits_and_is_ended()
    {
        await using var rig = await GitHubRig.StartAsync();
        rig.Connect(rig.Target with { StatelessTokens = true });
        var (handle, minted, _) = await rig.MintAsync();
        Assert.StartsWith($"ghs_{GitHubStandIn.AppId}_", minted.Secret.Member("test", "token"), StringComparison.Ordinal);
        Assert.InRange(minted.Secret.Member("test", "token").Length, 450, 600);
        Assert.True(handle.Length <= Handle.MaxBytes);
        await rig.Backend.EndAsync(handle, default);
        Assert.False(await rig.WorksAsync(minted.Secret));
    }

    [Fact]
    public async Task A_lease_is_renewed_within_its_tokens_hour_and_not_beyond()
    {
        await using var rig = await GitHubRig.StartAsync();
        var (handle, minted, order) = await rig.MintAsync();
        var renewed = await rig.Backend.RenewAsync(handle, order with { EndsAt = minted.DiesBy - 1000 }, default);
        Assert.Equal((true, minted.DiesBy), (renewed.Secret.IsEmpty, renewed.DiesBy));
        Assert.Equal(ReasonCodes.LeaseNotRenewable, (await Assert.ThrowsAsync<BackendException>(() => rig.Backend.RenewAsync(handle, order with { EndsAt = minted.DiesBy + 1000 }, default).AsTask())).Code);
        Assert.Single(rig.StandIn!.Tokens);
    }

    [Theory]
    [InlineData(401, "text/html", "<p>log in</p>")]
    [InlineData(404, "application/json", """{"message":"Not Found"}""")]
    [InlineData(200, "application/json", "{}")]
    [InlineData(403, "application/json", """{"message":"You have exceeded a secondary rate limit"}""")]
    public async Task Only_GitHubs_own_word_ends_a_lease(int status, string type, string body)
    {
        await using var rig = await GitHubRig.StartAsync();
        var (handle, minted, _) = await rig.MintAsync();
        rig.StandIn!.Instead["DELETE /installation/token"] = (status, type, body);
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.EndAsync(handle, default).AsTask());
        Assert.True(await rig.WorksAsync(minted.Secret));
        rig.StandIn.Instead.Clear();
        Assert.True((await rig.Backend.EndAsync(handle, default)).WasThere);
        Assert.False((await rig.Backend.EndAsync(handle, default)).WasThere);
    }

    [Fact]
    public async Task An_Enterprise_server_is_reached_below_its_own_base()
    {
        await using var rig = await GitHubRig.StartAsync();
        rig.StandIn!.Base = "/api/v3";
        rig.Connect(rig.Target with { Address = new Uri(rig.StandIn.Url, "api/v3") });
        var (handle, minted, _) = await rig.MintAsync();
        Assert.True(await rig.WorksAsync(minted.Secret));
        await rig.Backend.EndAsync(handle, default);
        Assert.False(await rig.WorksAsync(minted.Secret));
    }
}
