using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Issuer;

/// <summary>Whoever copies the store, and not the key-encryption key, can sign nothing with it.</summary>
[Collection("postgres")]
public sealed class StolenStoreTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task R14_A_copy_of_the_store_signs_nothing(string provider)
    {
        await using var broker = await Brokers.StartAsync(provider == "postgres" ? await postgres.NewDatabaseAsync() : null);
        var rotation = broker.Get<KeyRotation>();
        foreach (var purpose in KeyPurpose.All) await rotation.RotateAsync(purpose, false, "ada", default);
        await rotation.RunAsync(default);
        var stolen = await CopyAsync(broker.Get<Store>());
        Assert.Contains(stolen, cell => cell == broker.Get<KeyRings>().Checkpoint.Signer.Kid);

        var secrets = new List<byte[]> { Convert.FromBase64String(File.ReadAllText(Path.Combine(broker.Folder.Path, "kek"))) };
        foreach (var ring in KeyPurpose.All.Select(purpose => broker.Get<KeyRings>()[purpose]))
        {
            Assert.Equal(2, ring.Published.Count);
            foreach (var key in ring.Published.Select(key => ring.Find(key.Kid)!))
            {
                secrets.AddRange([key.ExportPkcs8(), .. FormsOf(key)]);
            }
        }

        Assert.Equal(1 + (2 * 3 * KeyPurpose.All.Count), secrets.Count);
        var text = string.Join('\n', stolen);
        foreach (var form in secrets.SelectMany(Forms)) Assert.DoesNotContain(form, text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(stolen.SelectMany(Blobs), IsPrivateKey);
        if (provider == "sqlite") AssertNotIn(Path.Combine(broker.Folder.Path, "data"), secrets);

        // The wrapped keys are there, and another key-encryption key opens none of them.
        using var other = new KekFile();
        var encryption = new KeyEncryption(other.Options, null);
        encryption.Load();
        var rows = await broker.Get<KeyStore>().ReadAsync(default);
        Assert.Equal((2 * KeyPurpose.All.Count) + 1, rows.Count);
        Assert.All(rows, row => Assert.Throws<InvalidOperationException>(() => encryption.Unwrap(row.Kid, row.Wrapped, out _)));
    }

    private static byte[][] FormsOf(SigningKey key)
    {
        if (key is P256SigningKey curve)
        {
            using var own = curve.Borrow();
            return [own.ExportParameters(includePrivateParameters: true).D!, own.ExportECPrivateKey()];
        }

        using var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(key.ExportPkcs8(), out _);
        return [rsa.ExportParameters(includePrivateParameters: true).D!, rsa.ExportRSAPrivateKey()];
    }

    private static async Task<List<string>> CopyAsync(Store store)
    {
        var tables = await store.ListAsync(Pool.Control, new Statement(store.Dialect.Name == "sqlite"
            ? "SELECT name FROM sqlite_master WHERE type = 'table'"
            : "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"), row => row.GetString(0), default);
        var cells = new List<string>();
        foreach (var table in tables)
        {
            await store.ListAsync(Pool.Control, new Statement($"SELECT * FROM {table}"), row =>
            {
                for (var i = 0; i < row.FieldCount; i++) cells.Add(row.GetValue(i) is byte[] raw ? Convert.ToBase64String(raw) : row.GetValue(i).ToString() ?? "");
                return 0;
            }, default);
        }

        return cells;
    }

    /// <summary>A secret as text: hex, and base64 at each of the three places that it may begin at within a longer one.</summary>
    private static IEnumerable<string> Forms(byte[] secret)
    {
        yield return Convert.ToHexString(secret);
        foreach (var lead in new[] { 0, 1, 2 })
        {
            byte[] shifted = [.. new byte[lead], .. secret];
            // Characters that the neighbours share are left out.
            var inner = Convert.ToBase64String(shifted)[(lead == 0 ? 0 : 4)..^4];
            yield return inner;
            yield return inner.Replace('+', '-').Replace('/', '_');
        }
    }

    private static IEnumerable<byte[]> Blobs(string cell)
    {
        yield return Encoding.UTF8.GetBytes(cell);
        var decoded = new byte[cell.Length + 4];
        if (Convert.TryFromBase64String(cell, decoded, out var length)) yield return decoded[..length];
        if (Base64Url.IsValid(cell)) yield return Base64Url.DecodeFromChars(cell);
        if (cell.Length % 2 == 0 && cell.Length > 0 && cell.All(char.IsAsciiHexDigit)) yield return Convert.FromHexString(cell);
    }

    private static bool IsPrivateKey(byte[] blob)
    {
        foreach (var import in new Action<ECDsa>[] { key => key.ImportPkcs8PrivateKey(blob, out _), key => key.ImportECPrivateKey(blob, out _) })
        {
            using var key = ECDsa.Create();
            try
            {
                import(key);
                return true;
            }
            catch (CryptographicException)
            {
                // As it should be: these bytes are no private key.
            }
        }

        return false;
    }

    private static void AssertNotIn(string folder, List<byte[]> secrets)
    {
        var files = Directory.GetFiles(folder);
        Assert.NotEmpty(files);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        foreach (var file in files)
        {
            Assert.True(File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite), $"{file} may be read by others");
            using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[open.Length];
            open.ReadExactly(bytes);
            Assert.All(secrets, secret => Assert.True(bytes.AsSpan().IndexOf(secret) < 0, $"a private key is in {file}"));
        }
    }
}
