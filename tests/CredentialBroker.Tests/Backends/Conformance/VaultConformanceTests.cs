using CredentialBroker.TestInfra;

namespace CredentialBroker.Backends.Conformance;

/// <summary>At the stand-in always, and at a real Vault where VAULT_ADDR and VAULT_TOKEN are set.</summary>
[Collection("postgres")]
public sealed class VaultConformanceTests(PostgresFixture postgres)
{
    private static readonly Dictionary<string, (string Check, Func<Backend, Backend> Of)> Broken = new(BrokenBackends.OfAnyKind)
    {
        ["SecondMintForgotten"] = ("second mint replaces the first", real => new Mutations.SecondMintForgotten(real)),
        ["RenewRevivesEnded"] = ("renew after end makes nothing", real => new Mutations.RenewRevivesEnded(real)),
        ["EndDoesNothing"] = ("ended credential is refused", real => new Mutations.EndDoesNothing(real)),
        ["UseAlwaysAlive"] = ("use tells the truth", real => new Mutations.UseAlwaysAlive(real)),
        ["ListForgets"] = ("list names what is there", real => new Mutations.ListForgets(real)),
    };

    public static TheoryData<bool> Vaults => Vault.VaultRig.HasReal ? [false, true] : [false];

    public static TheoryData<bool, string> BrokenAtVaults
    {
        get
        {
            var all = new TheoryData<bool, string>();
            foreach (var name in Broken.Keys)
            {
                all.Add(false, name);
                if (Vault.VaultRig.HasReal) all.Add(true, name);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Vaults))]
    public async Task R21_R24_The_backend_passes_every_check(bool real)
    {
        await using var harness = await VaultHarness.StartAsync(real ? postgres : null);
        Assert.Equal("", string.Join("\n", await BackendConformance.RunAsync(harness)));
    }

    [Theory]
    [MemberData(nameof(Vaults))]
    public async Task The_backend_passes_every_check_behind_its_guard(bool real)
    {
        await using var harness = await VaultHarness.StartAsync(real ? postgres : null);
        using var meters = new Meters();
        using var guarded = new GuardedBackend(harness.Backend, _ => new GateLimits(4, 4), new BackendMetrics(meters), TimeProvider.System);
        harness.Backend = guarded;
        Assert.Equal("", string.Join("\n", await BackendConformance.RunAsync(harness)));
    }

    [Theory]
    [MemberData(nameof(BrokenAtVaults))]
    public async Task A_broken_backend_fails_the_suite(bool real, string mutation)
    {
        await using var harness = await VaultHarness.StartAsync(real ? postgres : null);
        var (check, of) = Broken[mutation];
        harness.Backend = of(harness.Backend);
        Assert.StartsWith(check, Assert.Single(await BackendConformance.RunAsync(harness, check)), StringComparison.Ordinal);
    }

    /// <summary>Vault knows no sessions of what it hands out.</summary>
    [Fact]
    public void Every_other_check_notices_something() =>
        Assert.Equal(["end cuts sessions"], BackendConformance.Checks.Keys.Except(Broken.Values.Select(broken => broken.Check)));
}
