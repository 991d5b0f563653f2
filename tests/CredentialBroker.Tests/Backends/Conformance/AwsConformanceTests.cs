namespace CredentialBroker.Backends.Conformance;

public sealed class AwsConformanceTests
{
    private static readonly Dictionary<string, (string Check, Func<Backend, Backend> Of)> Broken = new(BrokenBackends.OfAnyKind)
    {
        ["SecondMintForgotten"] = ("second mint replaces the first", real => new Mutations.SecondMintForgotten(real)),
        ["RenewRevivesEnded"] = ("renew after end makes nothing", real => new Mutations.RenewRevivesEnded(real)),
        ["ReissueSharesId"] = ("renew lives longer", real => new Mutations.ReissueSharesHandle(real)),
        ["EndDoesNothing"] = ("ended credential is refused", real => new Mutations.EndDoesNothing(real)),
        ["UseAlwaysAlive"] = ("use tells the truth", real => new Mutations.UseAlwaysAlive(real)),
    };

    public static TheoryData<bool, string> BrokenInBothModes
    {
        get
        {
            var all = new TheoryData<bool, string>();
            foreach (var name in Broken.Keys)
            {
                all.Add(false, name);
                all.Add(true, name);
            }

            all.Add(true, "ListForgets");
            return all;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task R23_R24_The_backend_passes_every_check(bool ownRole)
    {
        await using var harness = await AwsHarness.StartAsync(ownRole);
        Assert.Equal("", string.Join("\n", await BackendConformance.RunAsync(harness)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_backend_passes_every_check_behind_its_guard(bool ownRole)
    {
        await using var harness = await AwsHarness.StartAsync(ownRole);
        using var meters = new TestInfra.Meters();
        using var guarded = new GuardedBackend(harness.Backend, _ => new GateLimits(4, 4), new BackendMetrics(meters), TimeProvider.System);
        harness.Backend = guarded;
        Assert.Equal("", string.Join("\n", await BackendConformance.RunAsync(harness)));
    }

    [Theory]
    [MemberData(nameof(BrokenInBothModes))]
    public async Task A_broken_backend_fails_the_suite(bool ownRole, string mutation)
    {
        await using var harness = await AwsHarness.StartAsync(ownRole);
        var (check, of) = mutation == "ListForgets" ? ("list names what is there", real => new Mutations.ListForgets(real)) : Broken[mutation];
        harness.Backend = of(harness.Backend);
        Assert.StartsWith(check, Assert.Single(await BackendConformance.RunAsync(harness, check)), StringComparison.Ordinal);
    }

    /// <summary>AWS knows no connections of a session.</summary>
    [Fact]
    public void Every_other_check_notices_something() =>
        Assert.Equal(["list names what is there", "end cuts sessions"], BackendConformance.Checks.Keys.Except(Broken.Values.Select(broken => broken.Check)));
}
