using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;
using CredentialBroker.Tests.TestInfra;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialBroker.Tests.Attestation;

/// <summary>R27: what a trust domain publishes, and when it is believed.</summary>
public sealed class SpiffeBundleTests
{
    private readonly FakeClock _clock = new();
    private readonly TestDomain _domain;

    public SpiffeBundleTests() => _domain = new TestDomain("prod.example", _clock);

    [Fact]
    public void A_bundle_has_keys_and_roots_and_a_pace()
    {
        var bundle = SpiffeBundle.Parse(_domain.Bundle(7));
        Assert.Equal((1, 1, 0, 7L, TimeSpan.FromMinutes(5)), (bundle.Keys.Count, bundle.Roots.Count, bundle.PassedOver.Count, bundle.Sequence!.Value, bundle.LookAgain!.Value));
        Assert.Equal(TimeSpan.FromMinutes(5), SpiffeBundle.Parse("""{"keys":[]}"""u8).LookAgain);
    }

    public static TheoryData<string> PassedOver =>
    [
        """{"kty":"EC"}""",
        """{"use":"sig","kid":"a"}""",
        """{"use":"JWT-SVID","kid":"a"}""",
        """{"use":"jwt-svid"}""",
        """{"use":"jwt-svid","kid":""}""",
        """{"use":"jwt-svid","kid":"a","kty":"oct","k":"AAAA"}""",
        """{"use":"x509-svid"}""",
        """{"use":"x509-svid","x5c":"MIIB"}""",
        """{"use":"x509-svid","x5c":[]}""",
        """{"use":"x509-svid","x5c":["MIIB","MIIB"]}""",
        """{"use":"x509-svid","x5c":["MIIB"]}""",
        """{"use":"x509-svid","x5c":["***"]}""",
        """{"use":"x509-svid","x5c":[7]}""",
        """{"use":"wit-svid","kid":"a"}""",
    ];

    [Theory]
    [MemberData(nameof(PassedOver))]
    public void R27_an_entry_that_is_neither_key_nor_root_is_passed_over(string entry)
    {
        var bundle = SpiffeBundle.Parse(_domain.Bundle(1, JsonNode.Parse(entry)!.AsObject()));
        Assert.Equal((1, 1), (bundle.Keys.Count, bundle.Roots.Count));
        Assert.Single(bundle.PassedOver);
    }

    [Fact]
    public void R27_a_workloads_certificate_is_no_root() =>
        Assert.Single(SpiffeBundle.Parse(_domain.Bundle(1, TestDomain.RootEntry(_domain.Svid().Certificate!))).PassedOver);

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"keys":{}}""")]
    [InlineData("""{"keys":[],"spiffe_sequence":"1"}""")]
    [InlineData("""{"keys":[],"spiffe_sequence":-1}""")]
    [InlineData("""{"keys":[],"spiffe_refresh_hint":1.5}""")]
    [InlineData("""{"keys":[],"keys":[]}""")]
    [InlineData("""{"keys":[]} x""")]
    public void R27_a_document_that_is_no_bundle_is_refused_whole(string json) => Assert.Throws<FormatException>(() => SpiffeBundle.Parse(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void R27_two_keys_of_one_kid_are_refused_whole() =>
        Assert.Throws<FormatException>(() => SpiffeBundle.Parse(_domain.Bundle(1, TestDomain.KeyEntry(TestKey.Make("jwt-1", "ES256")))));

    [Fact]
    public async Task The_domain_says_how_soon_it_wants_to_be_looked_at_again()
    {
        var looks = 0;
        var source = _domain.Source(() =>
        {
            looks++;
            return _domain.Bundle(looks);
        });
        var attestation = TestDomain.Attestation((_domain, source));
        _ = await attestation.ProvenAsync(_domain.Token());
        _clock.Advance(TimeSpan.FromMinutes(4));
        _ = await attestation.ProvenAsync(_domain.Svid());
        Assert.Equal(1, looks);
        _clock.Advance(TimeSpan.FromMinutes(1));
        _ = await attestation.ProvenAsync(_domain.Token());
        Assert.Equal(2, looks);
    }

    [Theory]
    [InlineData(1, 60)]
    [InlineData(300, 300)]
    [InlineData(2_592_000, 600)]
    public void R27_the_wish_is_kept_within_a_minute_and_ten(int wish, int seconds) => Assert.Equal(
        TimeSpan.FromSeconds(seconds), KeyPace.OfUrl.FreshFor(SpiffeBundle.Parse(Encoding.UTF8.GetBytes($$"""{"keys":[],"spiffe_refresh_hint":{{wish}}}"""))));

    [Fact]
    public async Task R27_an_older_publication_played_back_is_not_believed()
    {
        var old = _domain.Bundle(4);
        var published = Encoding.UTF8.GetBytes("""{"keys":[],"spiffe_sequence":5}""");
        var attestation = TestDomain.Attestation((_domain, _domain.Source(() => published)));
        await attestation.RefusesAsync(_domain.Svid(), ReasonCodes.EvidenceChain);
        published = old;
        _clock.Advance(TimeSpan.FromMinutes(10));
        await attestation.RefusesAsync(_domain.Svid(), ReasonCodes.EvidenceChain);
        await attestation.RefusesAsync(_domain.Token(), ReasonCodes.EvidenceUnknownKey);
    }

    [Fact]
    public async Task R27_an_endpoint_that_flaps_keeps_its_last_good_bundle()
    {
        var up = true;
        var attestation = TestDomain.Attestation((_domain, _domain.Source(() => up ? _domain.Bundle() : throw new HttpRequestException("down"))));
        for (var minute = 0; minute < 60; minute += 5)
        {
            up = !up || minute == 0;
            _ = await attestation.ProvenAsync(_domain.Svid());
            _clock.Advance(TimeSpan.FromMinutes(5));
        }
    }
}
