using CredentialBroker.TestInfra;

namespace CredentialBroker.Backends.Conformance;

[Collection("postgres")]
public sealed class PostgresConformanceTests(PostgresFixture postgres)
{
    private static readonly Dictionary<string, (string Check, Func<PostgresHarness, Backend> Of)> Broken = new(BrokenBackends.OfAnyKind.Select(
        any => KeyValuePair.Create<string, (string, Func<PostgresHarness, Backend>)>(any.Key, (any.Value.Check, on => any.Value.Of(on.Backend)))))
    {
        ["SecondMintForgotten"] = ("second mint replaces the first", on => new Mutations.SecondMintForgotten(on.Backend)),
        ["RenewRevivesEnded"] = ("renew after end makes nothing", on => new Mutations.RenewRevivesEnded(on.Backend)),
        ["EndDoesNothing"] = ("ended credential is refused", on => new Mutations.EndDoesNothing(on.Backend)),
        ["UseAlwaysAlive"] = ("use tells the truth", on => new Mutations.UseAlwaysAlive(on.Backend)),
        ["ListForgets"] = ("list names what is there", on => new Mutations.ListForgets(on.Backend)),
        ["EndLeavesLogin"] = ("ended credential is refused", on => new Mutations.EndLeavesLogin(on.Backend, on.Rig)),
        ["EndForgetsSessions"] = ("end cuts sessions", on => new Mutations.EndForgetsSessions(on.Backend, on.Rig)),
    };

    public static TheoryData<string> Names => [.. Broken.Keys];

    [Fact]
    public async Task The_backend_passes_every_check()
    {
        await using var harness = await PostgresHarness.StartAsync(postgres);
        Assert.Equal("", string.Join("\n", await BackendConformance.RunAsync(harness)));
    }

    [Fact]
    public async Task The_backend_passes_every_check_behind_its_guard()
    {
        await using var harness = await PostgresHarness.StartAsync(postgres);
        using var meters = new Meters();
        var metrics = new BackendMetrics(meters);
        using var guarded = new GuardedBackend(harness.Backend, _ => new GateLimits(4, 4), metrics, TimeProvider.System);
        harness.Backend = guarded;
        Assert.Equal("", string.Join("\n", await BackendConformance.RunAsync(harness)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_broken_backend_fails_the_suite(string mutation)
    {
        await using var harness = await PostgresHarness.StartAsync(postgres);
        var (check, of) = Broken[mutation];
        harness.Backend = of(harness);
        Assert.StartsWith(check, Assert.Single(await BackendConformance.RunAsync(harness, check)), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_check_notices_something() => Assert.Empty(BackendConformance.Checks.Keys.Except(Broken.Values.Select(broken => broken.Check)));
}
