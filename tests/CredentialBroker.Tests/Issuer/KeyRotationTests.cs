using CredentialBroker.Approvals;
using CredentialBroker.Audit;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Issuer;

[Collection("postgres")]
public sealed class KeyRotationTests(PostgresFixture postgres) : IDisposable
{
    private readonly HeldClock _clock = new();
    private readonly KekFile _kek = new();

    [Fact]
    public async Task R14_Keys_rotate_under_load_without_one_refused_verification()
    {
        await using var replica = await Replica.OpenAsync("sqlite", postgres, clock: _clock);
        var options = _kek.Options with { RotateEvery = TimeSpan.FromHours(2) };
        KeyReplica[] replicas = [await KeyReplica.LoadAsync(replica, options), await KeyReplica.LoadAsync(replica, options)];
        var verifiers = new List<CachingVerifier>();
        var alive = new Queue<(string Token, DateTimeOffset Until)>();
        var signers = new HashSet<string>();
        var step = TimeSpan.FromSeconds(30);
        for (var at = TimeSpan.Zero; at < TimeSpan.FromHours(9); at += step)
        {
            // Verifiers start at any time, so that their caches are of every age when a key begins to sign.
            var asked = replicas[verifiers.Count % 2];
            if (verifiers.Count < 16) verifiers.Add(new CachingVerifier(() => asked.Rings.Workload.Jwks, _clock));
            foreach (var one in replicas)
            {
                signers.Add(one.Rings.Workload.Signer.Kid);
                alive.Enqueue((Token(one.Rings.Workload, KeyPurpose.Workload.LongestLife), _clock.GetUtcNow() + KeyPurpose.Workload.LongestLife));
            }

            while (alive.Peek().Until <= _clock.GetUtcNow()) alive.Dequeue();
            var fresh = alive.Last().Token;
            Assert.All(verifiers, verifier => Assert.True(verifier.Accepts(fresh) && verifier.Accepts(alive.Peek().Token), $"refused after {at}"));
            _clock.Advance(step);
            // One of them is late: it sees a new key 30 seconds after the other published it.
            await replicas[0].RunAsync();
            if (at.Ticks % (step.Ticks * 2) == 0) await replicas[1].RunAsync();
        }

        Assert.True(signers.Count >= 4, $"only {signers.Count} keys signed");
        var rows = await replicas[0].RowsAsync(KeyPurpose.Workload);
        Assert.Contains(rows, row => row.IsErased);
        Assert.Equal(signers.Count, rows.Count(row => row.SignsFrom <= _clock.NowMs()));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Replicas_that_start_or_rotate_together_agree(string provider)
    {
        await using var one = await Replica.OpenAsync(provider, postgres, clock: _clock);
        await using var beside = provider == "postgres" ? await one.AnotherAsync() : null;
        KeyReplica[] replicas = [new(one, _kek.Options), new(beside ?? one, _kek.Options)];
        await Task.WhenAll(replicas.Select(replica => replica.Keys.LoadAsync(default)));
        Assert.All(KeyPurpose.All, purpose => Assert.Equal(replicas[0].Rings[purpose].Signer.Kid, replicas[1].Rings[purpose].Signer.Kid));
        Assert.Equal(replicas[0].Fingerprints.Of([1, 2, 3]), replicas[1].Fingerprints.Of([1, 2, 3]));
        Assert.Distinct(KeyPurpose.All.Select(purpose => replicas[0].Rings[purpose].Signer.Kid));

        _clock.Advance(TimeSpan.FromDays(31));
        await Task.WhenAll(replicas.Select(replica => replica.RunAsync()));
        foreach (var replica in replicas) await replica.RunAsync();
        var rows = await replicas[0].RowsAsync(KeyPurpose.Workload);
        Assert.Equal(2, rows.Count);
        Assert.Equal(rows.Select(row => row.Kid), replicas[1].Rings.Workload.Published.Select(key => key.Kid));
        Assert.Equal(rows[0].Kid, replicas[1].Rings.Workload.Signer.Kid);
        _clock.Advance(KeyPurpose.Workload.Lead);
        foreach (var replica in replicas) await replica.RunAsync();
        Assert.All(replicas, replica => Assert.Equal(rows[1].Kid, replica.Rings.Workload.Signer.Kid));
    }

    [Fact]
    public async Task A_successor_is_published_first_and_its_former_until_nothing_it_signed_lives()
    {
        await using var replica = await Replica.OpenAsync("sqlite", postgres, clock: _clock);
        var keys = await KeyReplica.LoadAsync(replica, _kek.Options);
        var ring = keys.Rings.Workload;
        var first = ring.Signer;
        var made = await keys.Rotation.RotateAsync(KeyPurpose.Workload, false, "ada", default);
        Assert.Equal(made, await keys.Rotation.RotateAsync(KeyPurpose.Workload, false, "ada", default));
        Assert.True(made.SignsFrom - _clock.NowMs() >= KeyPurpose.JwksMaxAge.TotalMilliseconds);
        await keys.RunAsync();
        Assert.Equal([first.Kid, made.Kid], ring.Published.Select(key => key.Kid));
        Assert.Equal(first.Kid, ring.Signer.Kid);

        _clock.Advance(KeyPurpose.Workload.Lead);
        await keys.RunAsync();
        Assert.Equal(made.Kid, ring.Signer.Kid);
        _clock.Advance(KeyPurpose.Workload.LongestLife);
        await keys.RunAsync();
        Assert.Equal(2, ring.Published.Count);
        _clock.Advance(KeyPurpose.Skew);
        await keys.RunAsync();
        await keys.RunAsync();
        Assert.Equal(made.Kid, Assert.Single(ring.Published).Kid);
        Assert.Null(ring.Find(first.Kid));
        Assert.Equal((true, true), (await keys.RowsAsync(KeyPurpose.Workload)).Where(row => row.Kid == first.Kid).Select(row => (row.IsErased, row.PublicKey is not null)).Single());
        var records = await replica.Audit.NewestAsync(new AuditQuery(Streams.Control, null, null, null), 100, default);
        Assert.Contains(records, record => record.Body.Contains("key.made", StringComparison.Ordinal) && record.Body.Contains("\"ada\"", StringComparison.Ordinal));
        Assert.Contains(records, record => record.Body.Contains("key.retired", StringComparison.Ordinal) && record.Body.Contains(first.Kid, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_lost_key_is_dropped_at_once_also_while_its_successor_waits()
    {
        await using var replica = await Replica.OpenAsync("sqlite", postgres, clock: _clock);
        var keys = await KeyReplica.LoadAsync(replica, _kek.Options);
        await keys.Rotation.RotateAsync(KeyPurpose.Federation, false, "ada", default);
        await keys.RunAsync();
        var made = await keys.Rotation.RotateAsync(KeyPurpose.Federation, true, "ada", default);
        await keys.RunAsync();
        Assert.Equal(made.Kid, keys.Rings.Federation.Signer.Kid);
        Assert.Equal(made.Kid, Assert.Single(keys.Rings.Federation.Published).Kid);
        _clock.Advance(TimeSpan.FromHours(1));
        await keys.RunAsync();
        Assert.Equal(made.Kid, keys.Rings.Federation.Signer.Kid);
        Assert.Equal(2, (await keys.RowsAsync(KeyPurpose.Federation)).Count(row => row.IsErased));
    }

    [Fact]
    public async Task R37_Checkpoints_stay_verifiable_after_their_key_is_gone_and_nobody_is_surprised_by_a_new_one()
    {
        await using var replica = await Replica.OpenAsync("sqlite", postgres, clock: _clock);
        var keys = await KeyReplica.LoadAsync(replica, _kek.Options);
        var ring = keys.Rings.Checkpoint;
        var (kid, signature) = (ring.Signer.Kid, ring.Signer.Sign("a checkpoint"u8));
        _clock.Advance(TimeSpan.FromDays(400));
        await keys.RunAsync();
        Assert.Equal(kid, ring.Signer.Kid);
        var made = await keys.Rotation.RotateAsync(KeyPurpose.Checkpoint, false, "ada", default);
        Assert.Equal(TimeSpan.FromHours(24).TotalMilliseconds, made.SignsFrom - _clock.NowMs());
        _clock.Advance(TimeSpan.FromHours(25));
        await keys.RunAsync();
        await keys.RunAsync();
        Assert.Null(ring.Find(kid));
        // A replica that never saw the private key publishes the public one.
        var later = await KeyReplica.LoadAsync(replica, _kek.Options);
        using var old = ((P256VerifyingKey)later.Rings.Checkpoint.Published.Single(key => key.Kid == kid)).Open();
        Assert.True(old.VerifyData("a checkpoint"u8, signature, System.Security.Cryptography.HashAlgorithmName.SHA256));
        Assert.Equal(made.Kid, later.Rings.Checkpoint.Signer.Kid);
    }

    public void Dispose() => _kek.Dispose();

    private string Token(KeyRing ring, TimeSpan life) => TokenWriter.Write(ring, json =>
    {
        json.WriteString("iss", ring.Issuer);
        json.WriteString("sub", "k8s://prod/shop/checkout");
        json.WriteString("aud", "orders-api");
        json.WriteNumber("exp", (_clock.GetUtcNow() + life).ToUnixTimeSeconds());
    });
}
