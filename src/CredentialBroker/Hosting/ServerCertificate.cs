using System.Net.Security;
using System.Security.Cryptography;

namespace CredentialBroker.Hosting;

/// <summary>
/// The certificate that handshakes present. The files are looked at again at most once a second; a new pair counts from
/// the next handshake on, and a broken one leaves the last good one in place.
/// </summary>
internal sealed class ServerCertificate(CertificateFiles files, TimeProvider clock, ServerCertificateLog log)
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private SslStreamCertificateContext? _current;
    private (DateTime, long, DateTime, long) _seen;
    private long _lookedAt;

    public SslStreamCertificateContext Current
    {
        get
        {
            lock (_gate)
            {
                if (_current is null) Load();
                else if (clock.GetElapsedTime(_lookedAt) >= Pace) Refresh();
                return _current!;
            }
        }
    }

    /// <summary>What keeps these files from being served.</summary>
    public static IEnumerable<string> Mistakes(string? certificate, string? key)
    {
        if (certificate is null) yield return "Hosting:CertificateFile: required for https";
        else if (!File.Exists(certificate)) yield return $"Hosting:CertificateFile: no file at '{certificate}'";
        if (key is null) yield return "Hosting:KeyFile: required for https";
        else if (!File.Exists(key)) yield return $"Hosting:KeyFile: no file at '{key}'";
        if (File.Exists(certificate) && File.Exists(key) && Fault(new CertificateFiles(certificate, key)) is { } fault) yield return $"Hosting:CertificateFile: {fault}";
    }

    private static string? Fault(CertificateFiles files)
    {
        try
        {
            files.Read();
            return null;
        }
        catch (Exception error) when (IsOfFiles(error))
        {
            return $"no certificate with the private key of Hosting:KeyFile ({error.Message})";
        }
    }

    private static bool IsOfFiles(Exception error) => error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException;

    private void Load()
    {
        var stamp = files.Stamp();
        _current = files.Read();
        (_seen, _lookedAt) = (stamp, clock.GetTimestamp());
    }

    private void Refresh()
    {
        _lookedAt = clock.GetTimestamp();
        // Taken before the files are read: what is written meanwhile is read again.
        var stamp = files.Stamp();
        if (stamp == _seen) return;
        _seen = stamp;
        try
        {
            // The old one is not disposed: handshakes under way still use it.
            _current = files.Read();
            log.Renewed(_current.TargetCertificate.Thumbprint, _current.TargetCertificate.NotAfter);
        }
        catch (Exception error) when (IsOfFiles(error))
        {
            log.Broken(files.Certificate, error);
        }
    }
}

internal sealed partial class ServerCertificateLog(ILogger<ServerCertificateLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Information, Message = "Serving a new certificate {Thumbprint}, valid until {NotAfter}")]
    public partial void Renewed(string thumbprint, DateTime notAfter);

    [LoggerMessage(Level = LogLevel.Error, Message = "The files of {File} changed and hold no certificate with its key; the one before is served on")]
    public partial void Broken(string file, Exception error);
}
