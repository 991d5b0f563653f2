namespace CredentialBroker.Backends.Conformance;

/// <summary>The suite of a backend that makes its credentials in this process: nothing is made at a target, so only what every kind can break is broken.</summary>
public abstract class InProcessConformance
{
    public static TheoryData<string> Names => [.. BrokenBackends.OfAnyKind.Keys];

    [Fact]
    public async Task The_backend_passes_every_check()
    {
        await using var harness = NewHarness();
        Assert.Empty(await BackendConformance.RunAsync(harness));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_broken_backend_fails_the_suite(string mutation)
    {
        var (check, of) = BrokenBackends.OfAnyKind[mutation];
        await NoticesAsync(check, of);
    }

    private protected abstract Harness NewHarness();

    private protected async Task NoticesAsync(string check, Func<Backend, Backend> of)
    {
        await using var harness = NewHarness();
        harness.Backend = of(harness.Backend);
        Assert.StartsWith(check, Assert.Single(await BackendConformance.RunAsync(harness, check)), StringComparison.Ordinal);
    }
}
