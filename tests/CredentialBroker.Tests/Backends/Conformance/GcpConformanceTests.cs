using CredentialBroker.Backends.Gcp;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Backends.Conformance;

/// <summary>Each mode at the stand-in. Nothing is made at Google that could be ended or listed, so only what every kind can break is broken.</summary>
public sealed class GcpConformanceTests
{
    public static TheoryData<string> Modes => [.. GcpGrant.Modes];

    public static TheoryData<string, string> BrokenModes
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var mode in GcpGrant.Modes)
            {
                foreach (var name in BrokenBackends.OfAnyKind.Keys) all.Add(mode, name);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task R21_R22_The_backend_passes_every_check(string mode)
    {
        await using var harness = await GcpHarness.StartAsync(mode);
        Assert.Equal("", string.Join("\n", await BackendConformance.RunAsync(harness)));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task The_backend_passes_every_check_behind_its_guard(string mode)
    {
        await using var harness = await GcpHarness.StartAsync(mode);
        using var meters = new Meters();
        using var guarded = new GuardedBackend(harness.Backend, _ => new GateLimits(4, 4), new BackendMetrics(meters), TimeProvider.System);
        harness.Backend = guarded;
        Assert.Equal("", string.Join("\n", await BackendConformance.RunAsync(harness)));
    }

    [Theory]
    [MemberData(nameof(BrokenModes))]
    public async Task A_broken_backend_fails_the_suite(string mode, string mutation)
    {
        await using var harness = await GcpHarness.StartAsync(mode);
        var (check, of) = BrokenBackends.OfAnyKind[mutation];
        harness.Backend = of(harness.Backend);
        Assert.StartsWith(check, Assert.Single(await BackendConformance.RunAsync(harness, check)), StringComparison.Ordinal);
    }
}
