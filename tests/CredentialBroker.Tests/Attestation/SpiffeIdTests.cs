using CredentialBroker.Attestation;

namespace CredentialBroker.Tests.Attestation;

/// <summary>R27: the grammar of SPIFFE IDs, to the letter (SPIFFE-ID section 2).</summary>
public sealed class SpiffeIdTests
{
    [Theory]
    [InlineData("spiffe://prod.example/shop", "prod.example", "/shop")]
    [InlineData("spiffe://prod.example/shop/checkout", "prod.example", "/shop/checkout")]
    [InlineData("spiffe://prod_eu-1.example/ns/shop/sa/Checkout_v2.1", "prod_eu-1.example", "/ns/shop/sa/Checkout_v2.1")]
    [InlineData("spiffe://a/...", "a", "/...")]
    [InlineData("spiffe://10.0.0.1/x", "10.0.0.1", "/x")]
    public void A_workloads_id_is_read(string text, string domain, string path)
    {
        var id = Assert.IsType<SpiffeId>(SpiffeId.Parse(text));
        Assert.Equal((domain, path, text), (id.TrustDomain, id.Path, id.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("spiffe:")]
    [InlineData("spiffe://")]
    [InlineData("spiffe:///shop")]
    [InlineData("spiffe://prod.example")]
    [InlineData("spiffe://prod.example/")]
    [InlineData("spiffe://prod.example/shop/")]
    [InlineData("spiffe://prod.example//shop")]
    [InlineData("spiffe://prod.example/shop//checkout")]
    [InlineData("spiffe://prod.example/.")]
    [InlineData("spiffe://prod.example/..")]
    [InlineData("spiffe://prod.example/shop/../admin")]
    [InlineData("spiffe://prod.example/shop/./admin")]
    [InlineData("spiffe://prod.example/shop%2fadmin")]
    [InlineData("spiffe://prod.example/%2e%2e/admin")]
    [InlineData("spiffe://prod%2eexample/shop")]
    [InlineData("spiffe://Prod.example/shop")]
    [InlineData("SPIFFE://prod.example/shop")]
    [InlineData("Spiffe://prod.example/shop")]
    [InlineData("https://prod.example/shop")]
    [InlineData("spiffe:/prod.example/shop")]
    [InlineData("spiffe:\\\\prod.example\\shop")]
    [InlineData("spiffe://prod.example:443/shop")]
    [InlineData("spiffe://user@prod.example/shop")]
    [InlineData("spiffe://prod.example/shop?x=1")]
    [InlineData("spiffe://prod.example/shop#x")]
    [InlineData("spiffe://prod.example?x/shop")]
    [InlineData("spiffe://[::1]/shop")]
    [InlineData("spiffe://prod.example/shop checkout")]
    [InlineData(" spiffe://prod.example/shop")]
    [InlineData("spiffe://prod.example/shop\n")]
    [InlineData("spiffe://prod.example/shop\0")]
    [InlineData("spiffe://prod.example/sh\u00f6p")]
    [InlineData("spiffe://prod.example/sh\u043ep")]
    [InlineData("spiffe://pr\u043ed.example/shop")]
    [InlineData("spiffe://prod.example\u2024x/shop")]
    [InlineData("spiffe://prod.example/shop\u200b")]
    [InlineData("spiffe://prod.example/*")]
    [InlineData("spiffe://prod.example/shop~checkout")]
    [InlineData("spiffe://prod.example/shop;v=1")]
    public void R27_anything_else_is_none(string text) => Assert.Null(SpiffeId.Parse(text));

    [Theory]
    [InlineData(255, 10, true)]
    [InlineData(256, 10, false)]
    [InlineData(255, 2048 - 9 - 255 - 1, true)]
    [InlineData(255, 2048 - 9 - 255, false)]
    public void R27_lengths_are_bounded(int domain, int segment, bool good) =>
        Assert.Equal(good, SpiffeId.Parse($"spiffe://{new string('a', domain)}/{new string('b', segment)}") is not null);
}
