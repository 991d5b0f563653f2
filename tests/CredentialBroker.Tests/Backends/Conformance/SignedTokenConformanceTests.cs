namespace CredentialBroker.Backends.Conformance;

public sealed class SignedTokenConformanceTests : InProcessConformance
{
    [Fact]
    public Task A_renewed_token_under_the_same_id_is_noticed() => NoticesAsync("renew lives longer", real => new Mutations.ReissueSharesId(real));

    private protected override Harness NewHarness() => new SignedTokenHarness();
}
