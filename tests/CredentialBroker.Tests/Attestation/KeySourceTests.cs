using CredentialBroker.Attestation;
using CredentialBroker.Protocol;
using CredentialBroker.Tests.TestInfra;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialBroker.Tests.Attestation;

/// <summary>R27: when keys are looked for again, and when the last good ones stop being believed.</summary>
public sealed class KeySourceTests
{
    private readonly TestIssuer _issuer = new(new FakeClock());
    private int _looks;
    private Func<byte[]> _answer;

    public KeySourceTests() => _answer = () => _issuer.JwksBytes();

    [Fact]
    public async Task Tokens_that_flap_between_unknown_keys_cause_one_refresh_a_minute()
    {
        var attestation = Attestation();
        _ = await attestation.ProvenAsync(Token());
        Assert.Equal(1, _looks);

        for (var second = 0; second < 180; second++)
        {
            _issuer.Clock.Advance(TimeSpan.FromSeconds(1));
            await attestation.RefusesAsync(_issuer.Sign($$"""{"alg":"ES256","kid":"flap{{second}}"}""", _issuer.Claims("build").ToJsonString()), ReasonCodes.EvidenceUnknownKey);
        }

        Assert.Equal(1 + 3, _looks);
    }

    [Fact]
    public async Task A_key_that_was_added_is_found_by_the_first_token_that_names_it()
    {
        var attestation = Attestation();
        _ = await attestation.ProvenAsync(Token());
        using var added = TestKey.Make("two", "ES256");
        _answer = () => _issuer.JwksBytes(added.Jwk());
        _issuer.Clock.Advance(TimeSpan.FromMinutes(1));
        _ = await attestation.ProvenAsync(_issuer.Sign("""{"alg":"ES256","kid":"two"}""", _issuer.Claims("build").ToJsonString(), added));
    }

    [Fact]
    public async Task A_key_that_was_withdrawn_is_gone_within_ten_minutes()
    {
        var attestation = Attestation();
        _ = await attestation.ProvenAsync(Token());
        _answer = () => """{"keys":[]}"""u8.ToArray();
        _issuer.Clock.Advance(TimeSpan.FromMinutes(10));
        await attestation.RefusesAsync(Token(), ReasonCodes.EvidenceUnknownKey);
    }

    [Fact]
    public async Task The_last_good_keys_are_kept_a_day_and_then_every_token_is_denied()
    {
        var attestation = Attestation();
        _ = await attestation.ProvenAsync(Token());
        _answer = () => throw new HttpRequestException("down");
        _issuer.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        _ = await attestation.ProvenAsync(Token());
        _issuer.Clock.Advance(TimeSpan.FromSeconds(1));
        await attestation.RefusesAsync(Token(), ReasonCodes.EvidenceKeysUnavailable);

        _answer = () => _issuer.JwksBytes();
        _issuer.Clock.Advance(TimeSpan.FromMinutes(1));
        _ = await attestation.ProvenAsync(Token());
    }

    [Fact]
    public async Task A_clock_that_is_set_back_by_less_than_a_minute_leaves_the_keys_as_good_as_they_were()
    {
        var attestation = Attestation();
        _ = await attestation.ProvenAsync(Token());
        _answer = () => throw new HttpRequestException("down");
        foreach (var back in new[] { 1, 1000, 58_999 })
        {
            _issuer.Clock.Set(_issuer.Clock.GetUtcNow() - TimeSpan.FromMilliseconds(back));
            _ = await attestation.ProvenAsync(Token());
            _issuer.Clock.Set(_issuer.Clock.GetUtcNow() + TimeSpan.FromMilliseconds(back));
        }

        Assert.Equal(1, _looks);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_further_leaves_their_age_unknown_and_they_are_looked_for_again()
    {
        var attestation = Attestation();
        _ = await attestation.ProvenAsync(Token());
        _answer = () => throw new HttpRequestException("down");
        _issuer.Clock.Set(_issuer.Clock.GetUtcNow() - TimeSpan.FromSeconds(61));
        await attestation.RefusesAsync(Token(), ReasonCodes.EvidenceKeysUnavailable);
        Assert.Equal(2, _looks);

        _answer = () => _issuer.JwksBytes();
        _issuer.Clock.Set(_issuer.Clock.GetUtcNow() + TimeSpan.FromMinutes(1));
        _ = await attestation.ProvenAsync(Token());
    }

    [Fact]
    public async Task A_source_that_was_never_reached_denies_and_is_not_hammered()
    {
        _answer = () => throw new HttpRequestException("down");
        var attestation = Attestation();
        for (var i = 0; i < 20; i++)
        {
            await attestation.RefusesAsync(Token(), ReasonCodes.EvidenceKeysUnavailable);
        }

        Assert.Equal(1, _looks);
    }

    [Fact]
    public async Task A_caller_who_hangs_up_does_not_use_up_the_look_of_the_others()
    {
        var answer = new TaskCompletionSource<byte[]>();
        var keys = new KeySource("prod-eu", KeyPace.OfUrl, _ => answer.Task, _issuer.Clock, NullLogger<KeySource>.Instance);
        using var gone = new CancellationTokenSource();
        var first = keys.ForAsync("one", gone.Token).AsTask();
        var second = keys.ForAsync("one", CancellationToken.None).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        answer.SetResult(_issuer.JwksBytes());
        Assert.True((await second)!.Has("one"));
    }

    [Fact]
    public async Task A_file_is_read_again_when_it_changed_and_survives_being_half_written()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("credbroker").FullName, "jwks.json");
        await File.WriteAllTextAsync(path, _issuer.Jwks());
        var attestation = AttestationBench.Of("oidc", _issuer, KeySource.FromFile("prod-eu", path, _issuer.Clock, NullLogger<KeySource>.Instance));
        _ = await attestation.ProvenAsync(Token());

        await File.WriteAllTextAsync(path, """{"keys":[{"kty":""");
        _issuer.Clock.Advance(TimeSpan.FromSeconds(1));
        _ = await attestation.ProvenAsync(Token());

        using var next = TestKey.Make("next", "ES256");
        await File.WriteAllTextAsync(path, $$"""{"keys":[{{next.Jwk().ToJsonString()}}]}""");
        _issuer.Clock.Advance(TimeSpan.FromSeconds(1));
        await attestation.RefusesAsync(Token(), ReasonCodes.EvidenceUnknownKey);
        _ = await attestation.ProvenAsync(_issuer.Sign("""{"alg":"ES256","kid":"next"}""", _issuer.Claims("build").ToJsonString(), next));
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_that_is_missing_or_too_large_gives_no_keys(bool large)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("credbroker").FullName, "jwks.json");
        if (large)
        {
            await File.WriteAllTextAsync(path, _issuer.Jwks().PadRight(64 * 1024 + 1));
        }

        await AttestationBench.Of("oidc", _issuer, KeySource.FromFile("prod-eu", path, _issuer.Clock, NullLogger<KeySource>.Instance))
            .RefusesAsync(Token(), ReasonCodes.EvidenceKeysUnavailable);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    private string Token() => _issuer.Sign(_issuer.Claims("build"));

    private WorkloadAttestation Attestation()
    {
        var keys = new KeySource("prod-eu", KeyPace.OfUrl, _ => Task.FromResult(Look()), _issuer.Clock, NullLogger<KeySource>.Instance);
        return AttestationBench.Of("oidc", _issuer, keys);
    }

    private byte[] Look()
    {
        _looks++;
        return _answer();
    }
}
