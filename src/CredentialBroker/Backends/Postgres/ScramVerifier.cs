using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CredentialBroker.Backends.Postgres;

/// <summary>
/// A generated password and the verifier PostgreSQL stores for it (RFC 5803, RFC 7677). Only the verifier is ever in a
/// statement, so that the password is in no server log, no <c>pg_stat_activity</c> and on no wire.
/// </summary>
internal sealed record ScramVerifier(string Password, string Text)
{
    /// <summary>What PostgreSQL itself uses, and what drivers expect.</summary>
    public const int UsualIterations = 4096;

    private const int PasswordBytes = 32;
    private const int SaltBytes = 16;

    public static ScramVerifier Generate(int iterations)
    {
        // 256 random bits: iterations add nothing against guessing, they are there for drivers that refuse few.
        var password = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(PasswordBytes));
        return new ScramVerifier(password, Of(password, RandomNumberGenerator.GetBytes(SaltBytes), iterations));
    }

    public static string Of(string password, byte[] salt, int iterations)
    {
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.ASCII.GetBytes(password), salt, iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        var storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var serverKey = HMACSHA256.HashData(salted, "Server Key"u8);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"SCRAM-SHA-256${iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}");
    }

    // A record prints its members, and this one holds a password.
    public override string ToString() => "[verifier]";
}
