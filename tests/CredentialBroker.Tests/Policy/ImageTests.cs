using CredentialBroker.Approvals;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.Templates;
using CredentialBroker.TestInfra;
using static CredentialBroker.Tests.Policy.ClauseTests;

namespace CredentialBroker.Tests.Policy;

public sealed class ImageTests
{
    private const string Issuer = "https://issuer.example", Subject = "https://forge.example/shop/build.yml@refs/heads/main";
    private static readonly string Digest = "registry.example/shop@sha256:" + new string('a', 64);

    [Theory]
    [InlineData("registry.example/shop:1", false)]
    [InlineData("registry.example/shop", false)]
    [InlineData("registry.example/shop@sha256:aaaa", false)]
    [InlineData("registry.example/shop@sha512:aaaa", false)]
    [InlineData("@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false)]
    [InlineData("shop@sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", false)]
    [InlineData("shop:1@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true)]
    public void R63_A_tag_is_no_digest(string reference, bool pinned)
    {
        var image = new ImageFacts(reference, ImageFacts.Verified, Issuer, Subject);
        Assert.Equal(pinned, image.IsPinned);
        if (pinned) Granted(Claim(image, "critical", null));
        else Refused(Claim(image, "critical", null), ReasonCodes.ImageRefused, "image");
    }

    [Fact]
    public void R63_A_template_has_the_image_it_demands_pinned_and_signed_by_whom_it_names()
    {
        var demand = new ImageDemand(true, [$"{Issuer} {Subject}"]);
        var signed = new ImageFacts(Digest, ImageFacts.Verified, Issuer, Subject);
        Granted(Claim(signed, "standard", demand));
        Denied(null);
        Denied(signed with { Reference = "shop:1" });
        Denied(signed with { Subject = "https://forge.example/mallory/build.yml@refs/heads/main" });
        Denied(signed with { Issuer = "https://other.example" });
        Denied(new ImageFacts(Digest, "unsigned"));
        Denied(new ImageFacts(Digest, "failed"));
        Granted(Claim(new ImageFacts("shop:1", "unsigned"), "standard", new ImageDemand(false, [])));

        void Denied(ImageFacts? image) => Refused(Claim(image, "standard", demand), ReasonCodes.ImageRefused, "image");
    }

    [Fact]
    public void R63_Where_the_tier_is_critical_an_unsigned_image_is_refused_without_being_asked_about()
    {
        Refused(Claim(new ImageFacts(Digest, "unsigned"), "critical", null), ReasonCodes.ImageRefused, "image");
        Refused(Claim(new ImageFacts("shop:1", "unsigned"), "critical", new ImageDemand(false, [])), ReasonCodes.ImageRefused, "image");
        Granted(Claim(new ImageFacts("shop:1", "unsigned"), "standard", null));
        Granted(Claim(null, "critical", null));
    }

    private static Facts Claim(ImageFacts? image, string tier, ImageDemand? demand) => Some.Facts() with
    {
        Approval = Some.Approval() with { Image = image, Tier = tier },
        Template = Some.Template() with { Tier = tier, Image = demand },
    };
}
