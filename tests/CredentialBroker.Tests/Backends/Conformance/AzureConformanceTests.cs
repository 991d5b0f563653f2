using CredentialBroker.Backends.Azure;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Backends.Conformance;

/// <summary>Each mode at the stand-in.</summary>
public sealed class AzureConformanceTests
{
    private static readonly Dictionary<string, (string Check, Func<Backend, Backend> Of)> Broken = new(BrokenBackends.OfAnyKind)
    {
        ["SecondMintForgotten"] = ("second mint replaces the first", real => new Mutations.SecondMintForgotten(real)),
        ["RenewRevivesEnded"] = ("renew after end makes nothing", real => new Mutations.RenewRevivesEnded(real)),
        ["EndDoesNothing"] = ("ended credential is refused", real => new Mutations.EndDoesNothing(real)),
        ["UseAlwaysAlive"] = ("use tells the truth", real => new Mutations.UseAlwaysAlive(real)),
        ["ListForgets"] = ("list names what is there", real => new Mutations.ListForgets(real)),
    };

    public static TheoryData<string> Modes => [.. AzureGrant.Modes];

    public static TheoryData<string, string> BrokenModes
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var name in BrokenBackends.OfAnyKind.Keys) all.Add(AzureGrant.AccessToken, name);
            foreach (var name in Broken.Keys)
            {
                all.Add(AzureGrant.ServicePrincipalSecret, name);
                all.Add(AzureGrant.RoleAssignment, name);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task R21_R24_The_backend_passes_every_check(string mode)
    {
        await using var harness = await AzureHarness.StartAsync(mode);
        Assert.Equal("", string.Join("\n", await BackendConformance.RunAsync(harness)));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task The_backend_passes_every_check_behind_its_guard(string mode)
    {
        await using var harness = await AzureHarness.StartAsync(mode);
        using var meters = new Meters();
        using var guarded = new GuardedBackend(harness.Backend, _ => new GateLimits(4, 4), new BackendMetrics(meters), TimeProvider.System);
        harness.Backend = guarded;
        Assert.Equal("", string.Join("\n", await BackendConformance.RunAsync(harness)));
    }

    [Theory]
    [MemberData(nameof(BrokenModes))]
    public async Task A_broken_backend_fails_the_suite(string mode, string mutation)
    {
        await using var harness = await AzureHarness.StartAsync(mode);
        var (check, of) = Broken[mutation];
        harness.Backend = of(harness.Backend);
        Assert.StartsWith(check, Assert.Single(await BackendConformance.RunAsync(harness, check)), StringComparison.Ordinal);
    }

    /// <summary>Azure knows no sessions of what it hands out.</summary>
    [Fact]
    public void Every_other_check_notices_something() =>
        Assert.Equal(["end cuts sessions"], BackendConformance.Checks.Keys.Except(Broken.Values.Select(broken => broken.Check)));
}
