using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Backends.Vault;

/// <summary>A Vault that is down, sealed, slow, or does not behave.</summary>
public sealed class VaultRefusalTests
{
    [Theory]
    [InlineData("sealed", "sealed")]
    [InlineData("standby", "redirect")]
    [InlineData("limited", "rate limit")]
    [InlineData("hanging", "in time")]
    [InlineData("huge", "cannot be reached")]
    [InlineData("twice", "strict JSON")]
    [InlineData("page", "strict JSON")]
    [InlineData("internal", "status 500")]
    public async Task A_Vault_that_cannot_answer_is_unavailable_and_its_words_stay_out(string state, string said)
    {
        await using var rig = await VaultRig.StartAsync();
        rig.Connect(rig.Target with { RequestTimeout = TimeSpan.FromSeconds(1) });
        var order = rig.Order();
        var handle = await rig.Backend.PrepareAsync(rig.Backend.Plan(order), order, default);
        var standIn = rig.StandIn!;
        (standIn.Sealed, standIn.Standby, standIn.RateLimited) = (state == "sealed", state == "standby", state == "limited");
        if (state == "hanging") standIn.Hanging[rig.Path] = true;
        if (state == "huge") standIn.Instead[rig.Path] = (200, "application/json", "{\"data\":{\"password\":\"" + new string('x', 300_000) + "\"}}");
        if (state == "twice") standIn.Instead[rig.Path] = (200, "application/json", """{"data":{"password":"hunter2"},"data":{}}""");
        if (state == "page") standIn.Instead[rig.Path] = (200, "text/html", "<p>hunter2</p>");
        if (state == "internal") standIn.Instead[rig.Path] = (500, "application/json", """{"errors":["dial hunter2"]}""");
        var before = standIn.Asked.Count;
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask());
        Assert.Equal((ReasonCodes.TargetUnavailable, true), (failed.Code, failed.Transient));
        Assert.Contains(said, failed.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", failed.ToString(), StringComparison.Ordinal);
        // Reading is never asked twice.
        Assert.Equal(before + 1, standIn.Asked.Count);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(472)]
    [InlineData(473)]
    [InlineData(474)]
    [InlineData(500)]
    [InlineData(501)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(530)]
    public async Task A_node_that_does_not_serve_is_asked_once_to_make_and_for_ever_to_end(int status)
    {
        await using var rig = await VaultRig.StartAsync();
        var (standIn, order) = (rig.StandIn!, rig.Order());
        var handle = await rig.Backend.PrepareAsync(rig.Backend.Plan(order), order, default);
        var answer = (status, "application/json", """{"errors":["hunter2"]}""");
        (standIn.Instead[rig.Path], standIn.Instead["auth/token/revoke-accessor"]) = (answer, answer);
        await UnavailableAsync(() => rig.Backend.MintAsync(handle, order, default).AsTask());
        Assert.Single(standIn.Asked, asked => asked.EndsWith(rig.Path, StringComparison.Ordinal));
        await UnavailableAsync(() => rig.Backend.EndAsync(handle, default).AsTask());
        standIn.Instead.Clear();
        Assert.True((await rig.Backend.EndAsync(handle, default)).WasThere);
    }

    [Fact]
    public async Task A_standby_that_has_not_seen_the_token_yet_did_nothing_and_is_asked_again()
    {
        await using var rig = await VaultRig.StartAsync();
        var order = rig.Order();
        var handle = await rig.Backend.PrepareAsync(rig.Backend.Plan(order), order, default);
        rig.StandIn!.NotReplicated[rig.Path] = 2;
        await rig.Backend.MintAsync(handle, order, default);
        Assert.Equal(3, rig.StandIn.Asked.Count(asked => asked.EndsWith(rig.Path, StringComparison.Ordinal)));
        Assert.Single(rig.StandIn.State.Accounts);
    }

    [Fact]
    public async Task A_standby_that_never_catches_up_is_unavailable()
    {
        await using var rig = await VaultRig.StartAsync();
        rig.StandIn!.NotReplicated[rig.Path] = int.MaxValue;
        await UnavailableAsync(() => rig.MintAsync());
        Assert.InRange(rig.StandIn.Asked.Count(asked => asked.EndsWith(rig.Path, StringComparison.Ordinal)), 2, 10);
        Assert.Empty(rig.StandIn.State.Accounts);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_followed_by_no_call_so_that_no_token_is_shown_elsewhere(int status)
    {
        await using var rig = await VaultRig.StartAsync();
        await using var other = await VaultStandIn.StartAsync();
        var (handle, _, order) = await rig.MintAsync();
        rig.StandIn!.Redirect = (status, other.Url);
        await UnavailableAsync(() => rig.Backend.EndAsync(handle, default).AsTask());
        await UnavailableAsync(() => rig.Backend.RenewAsync(handle, order, default).AsTask());
        await UnavailableAsync(() => rig.Backend.ListAsync(VaultRig.TargetName, default).AsTask());
        await UnavailableAsync(() => rig.MintAsync());
        rig.Connect(rig.Target);
        await UnavailableAsync(() => rig.MintAsync());
        Assert.Empty(other.Asked);
    }

    [Fact]
    public async Task A_revocation_that_was_only_queued_is_no_end()
    {
        await using var rig = await VaultRig.StartAsync();
        var (handle, _, _) = await rig.MintAsync();
        rig.StandIn!.Instead["sys/leases/revoke"] = (202, "application/json", "{}");
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.EndAsync(handle, default).AsTask());
        Assert.Equal((ReasonCodes.EndFailed, false), (failed.Code, failed.Transient));
        rig.StandIn.Instead.Clear();
        await rig.Backend.EndAsync(handle, default);
    }

    /// <summary>The stand-in notes a revocation without <c>sync</c>, and no test may leave a note: so it is always sent.</summary>
    [Fact]
    public async Task A_revocation_without_sync_would_be_noticed()
    {
        await using var rig = await VaultRig.StartAsync();
        await rig.AdminAsync("sys/leases/revoke", new System.Text.Json.Nodes.JsonObject { ["lease_id"] = "any" });
        Assert.Single(rig.StandIn!.Undocumented, noted => noted.Contains("sync", StringComparison.Ordinal));
        rig.StandIn.Undocumented.Clear();
    }

    [Fact]
    public async Task One_hanging_Vault_is_left_alone_and_the_others_do_not_notice()
    {
        await using var rig = await VaultRig.StartAsync();
        await using var silent = await VaultRig.StartAsync();
        silent.StandIn!.Hanging[$"auth/approle-{silent.Suffix}/login"] = true;
        using var connections = new VaultConnections(
            new Dictionary<string, VaultTarget> { [VaultRig.TargetName] = rig.Target, ["silent"] = silent.Target with { RequestTimeout = TimeSpan.FromSeconds(1) } }, rig.Rings, rig.Clock);
        using var meters = new Meters();
        using var guarded = new GuardedBackend(new VaultBackend(rig.Suffix, connections, rig.Clock), _ => new GateLimits(16, 16), new BackendMetrics(meters), TimeProvider.System);

        async Task<string> PrepareAsync(string target)
        {
            var order = rig.Order(grant: rig.Grant() with { Target = target });
            try
            {
                await guarded.PrepareAsync(guarded.Plan(order), order, default);
                return "ok";
            }
            catch (BackendException error)
            {
                return error.Code;
            }
        }

        var waiting = Enumerable.Range(0, Circuit.FaultsToOpen).Select(_ => PrepareAsync("silent")).ToList();
        Assert.Equal("ok", await PrepareAsync(VaultRig.TargetName));
        Assert.All(await Task.WhenAll(waiting), code => Assert.Equal(ReasonCodes.TargetUnavailable, code));
        Assert.Equal([(VaultRig.TargetName, false), ("silent", true)], guarded.States.Select(state => (state.Target, state.MintingOpen)).OrderBy(state => state.Target));
        var asked = silent.StandIn.Asked.Count;
        Assert.Equal(ReasonCodes.TargetUnavailable, await PrepareAsync("silent"));
        Assert.Equal(asked, silent.StandIn.Asked.Count);
        Assert.Equal("ok", await PrepareAsync(VaultRig.TargetName));
    }

    private static async Task UnavailableAsync(Func<Task> call)
    {
        var failed = await Assert.ThrowsAsync<BackendException>(call);
        Assert.Equal((ReasonCodes.TargetUnavailable, true), (failed.Code, failed.Transient));
        Assert.DoesNotContain("hunter2", failed.ToString(), StringComparison.Ordinal);
    }
}
