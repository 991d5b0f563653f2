using CredentialBroker.Backends.GitHub;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Backends.Conformance;

/// <summary>At the stand-in always, and at GitHub where GITHUB_APP_ID and GITHUB_APP_KEY_FILE are set.</summary>
public sealed class GitHubConformanceTests
{
    /// <summary>GitHub alone says how long a token lives, so that no backend can get it wrong, and renewing changes nothing there.</summary>
    private static readonly string[] GitHubs = ["ExpiryNeverComes", "RenewDoesNothing"];

    private static readonly Dictionary<string, (string Check, Func<Backend, Backend> Of)> Broken = new(BrokenBackends.OfAnyKind.Where(one => !GitHubs.Contains(one.Key)))
    {
        ["SecondMintForgotten"] = ("second mint replaces the first", real => new Mutations.SecondMintForgotten(real)),
        ["RenewRevivesEnded"] = ("renew after end makes nothing", real => new Mutations.RenewRevivesEnded(real)),
        ["EndDoesNothing"] = ("ended credential is refused", real => new Mutations.EndDoesNothing(real)),
        ["UseAlwaysAlive"] = ("use tells the truth", real => new Mutations.UseAlwaysAlive(real)),
    };

    public static TheoryData<string> BrokenOnes => [.. Broken.Keys];

    public static TheoryData<bool> Installations => GitHubRig.HasReal ? [false, true] : [false];

    [Theory]
    [MemberData(nameof(Installations))]
    public async Task R21_R24_The_backend_passes_every_check(bool real)
    {
        await using var harness = await GitHubHarness.StartAsync(real);
        Assert.Equal("", string.Join('\n', await BackendConformance.RunAsync(harness)));
    }

    [Fact]
    public async Task The_backend_passes_every_check_behind_its_guard()
    {
        await using var harness = await GitHubHarness.StartAsync(real: false);
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
        await using var harness = await GitHubHarness.StartAsync(real: false);
        var (check, of) = Broken[mutation];
        harness.Backend = of(harness.Backend);
        Assert.StartsWith(check, Assert.Single(await BackendConformance.RunAsync(harness, check)), StringComparison.Ordinal);
    }

    /// <summary>GitHub knows no sessions of a token and lists none.</summary>
    [Fact]
    public void Every_other_check_notices_something() => Assert.Equal(
        ["expired credential is refused", "list names what is there", "renew lives longer", "end cuts sessions"], BackendConformance.Checks.Keys.Except(Broken.Values.Select(broken => broken.Check)));
}
