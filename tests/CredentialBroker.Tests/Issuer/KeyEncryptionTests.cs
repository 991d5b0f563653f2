using System.Security.Cryptography;
using CredentialBroker.Approvals;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Issuer;

[Collection("postgres")]
public sealed class KeyEncryptionTests(PostgresFixture postgres) : IDisposable
{
    private readonly KekFile _old = new();
    private readonly KekFile _new = new();

    [Fact]
    public async Task The_key_encryption_key_is_changed_in_one_commit_by_starting_with_both()
    {
        await using var replica = await Replica.OpenAsync("sqlite", postgres);
        var before = await KeyReplica.LoadAsync(replica, _old.Options);
        var fingerprint = before.Fingerprints.Of([1]);
        var rows = await before.Store.ReadAsync(default);

        // Killed before the commit: nothing changed, and the old key still opens everything.
        ((FaultySqlite)replica.Store).Set("PRAGMA query_only = on");
        await Assert.ThrowsAnyAsync<Exception>(() => KeyReplica.LoadAsync(replica, Both));
        ((FaultySqlite)replica.Store).Set("PRAGMA query_only = off");
        Assert.Equal(rows, await before.Store.ReadAsync(default));

        var during = await KeyReplica.LoadAsync(replica, Both);
        Assert.Equal(rows.Select(row => row.Kid), (await during.Store.ReadAsync(default)).Select(row => row.Kid));
        Assert.Empty(rows.Select(row => row.Wrapped).Intersect((await during.Store.ReadAsync(default)).Select(row => row.Wrapped)));
        var after = await KeyReplica.LoadAsync(replica, _new.Options);
        Assert.Equal(before.Rings.Workload.Signer.Kid, after.Rings.Workload.Signer.Kid);
        Assert.Equal(fingerprint, after.Fingerprints.Of([1]));
        await Assert.ThrowsAsync<InvalidOperationException>(() => KeyReplica.LoadAsync(replica, _old.Options));
    }

    [Fact]
    public async Task A_key_that_a_replica_with_the_old_one_still_makes_is_wrapped_anew_too()
    {
        await using var replica = await Replica.OpenAsync("sqlite", postgres);
        var old = await KeyReplica.LoadAsync(replica, _old.Options);
        var anew = await KeyReplica.LoadAsync(replica, Both);
        await old.Rotation.RotateAsync(KeyPurpose.Workload, false, "ada", default);
        await anew.RunAsync();
        Assert.Equal(2, (await KeyReplica.LoadAsync(replica, _new.Options)).Rings.Workload.Published.Count);
    }

    [Fact]
    public async Task A_wrong_key_starts_nothing_and_leaves_the_store_as_it_is()
    {
        await using var replica = await Replica.OpenAsync("sqlite", postgres);
        var good = await KeyReplica.LoadAsync(replica, _old.Options);
        var rows = await good.Store.ReadAsync(default);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => KeyReplica.LoadAsync(replica, _new.Options));
        Assert.Contains("key-encryption key", error.Message, StringComparison.Ordinal);
        Assert.Equal(rows, await good.Store.ReadAsync(default));
    }

    [Fact]
    public void Outside_development_there_must_be_one_from_a_file_or_a_systemd_credential()
    {
        Assert.Contains(new KeyOptions().Validate(development: false), mistake => mistake.StartsWith("Keys:KeyEncryptionKeyFile: required", StringComparison.Ordinal));
        Assert.Empty(new KeyOptions().Validate(development: true));
        Assert.Throws<InvalidOperationException>(() => new KeyEncryption(new KeyOptions(), null).Load());
        var credential = new KeyOptions { KeyEncryptionKeyCredential = Path.GetFileName(_old.Path) };
        Assert.Contains("CREDENTIALS_DIRECTORY", Assert.Single(credential.Validate(false)), StringComparison.Ordinal);
        Environment.SetEnvironmentVariable("CREDENTIALS_DIRECTORY", Path.GetDirectoryName(_old.Path));
        try
        {
            Assert.Empty(credential.Validate(false));
            var encryption = new KeyEncryption(credential, null);
            encryption.Load();
            var kek = Convert.FromBase64String(File.ReadAllText(_old.Path));
            Assert.Equal([1, 2, 3], KeyWrap.Unwrap(kek, "kid", Convert.FromBase64String(encryption.Wrap("kid", [1, 2, 3]))));
            Assert.Single((credential with { KeyEncryptionKeyFile = _new.Path }).Validate(false));
            foreach (var name in new[] { "", "..", "../etc/passwd", "missing" })
                Assert.Single(new KeyOptions { KeyEncryptionKeyCredential = name }.Validate(false));
        }
        finally
        {
            Environment.SetEnvironmentVariable("CREDENTIALS_DIRECTORY", null);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("not base64")]
    [InlineData("AAAA")]
    public void What_is_no_key_is_refused(string content)
    {
        File.WriteAllText(_old.Path, content);
        Assert.Throws<InvalidOperationException>(() => new KeyEncryption(_old.Options, null).Load());
    }

    private KeyOptions Both => _new.Options with { FormerKeyEncryptionKeyFile = _old.Path };

    public void Dispose()
    {
        _old.Dispose();
        _new.Dispose();
    }
}
