using CredentialBroker.Backends.Kubernetes;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Backends.Conformance;

/// <summary>At the stand-in always, and at a real cluster where KUBE_API and KUBE_TOKEN are set.</summary>
public sealed class KubernetesConformanceTests
{
    private static readonly Dictionary<string, (string Check, Func<Backend, Backend> Of)> Broken = new(BrokenBackends.OfAnyKind)
    {
        ["SecondMintForgotten"] = ("second mint replaces the first", real => new Mutations.SecondMintForgotten(real)),
        ["RenewRevivesEnded"] = ("renew after end makes nothing", real => new Mutations.RenewRevivesEnded(real)),
        ["EndDoesNothing"] = ("ended credential is refused", real => new Mutations.EndDoesNothing(real)),
        ["UseAlwaysAlive"] = ("use tells the truth", real => new Mutations.UseAlwaysAlive(real)),
        ["ListForgets"] = ("list names what is there", real => new Mutations.ListForgets(real)),
    };

    public static TheoryData<bool> Clusters => KubernetesRig.HasReal ? [false, true] : [false];

    public static TheoryData<string> BrokenOnes => [.. Broken.Keys];

    [Theory]
    [MemberData(nameof(Clusters))]
    public async Task R21_R24_The_backend_passes_every_check(bool real)
    {
        await using var harness = await KubernetesHarness.StartAsync(real);
        var failed = await BackendConformance.RunAsync(harness);
        Assert.True(failed.Count == 0, string.Join('\n', failed));
    }

    [Fact]
    public async Task The_backend_passes_every_check_behind_its_guard()
    {
        await using var harness = await KubernetesHarness.StartAsync(real: false);
        using var meters = new Meters();
        using var guarded = new GuardedBackend(harness.Backend, _ => new GateLimits(4, 4), new BackendMetrics(meters), TimeProvider.System);
        harness.Backend = guarded;
        var failed = await BackendConformance.RunAsync(harness);
        Assert.True(failed.Count == 0, string.Join('\n', failed));
    }

    [Theory]
    [MemberData(nameof(BrokenOnes))]
    public async Task A_broken_backend_fails_the_suite(string mutation)
    {
        await using var harness = await KubernetesHarness.StartAsync(real: false);
        var (check, of) = Broken[mutation];
        harness.Backend = of(harness.Backend);
        Assert.StartsWith(check, Assert.Single(await BackendConformance.RunAsync(harness, check)), StringComparison.Ordinal);
    }

    /// <summary>A cluster knows no sessions of a token.</summary>
    [Fact]
    public void Every_other_check_notices_something() =>
        Assert.Equal(["end cuts sessions"], BackendConformance.Checks.Keys.Except(Broken.Values.Select(broken => broken.Check)));
}
