using System.Text.Json;

namespace CredentialBroker.Cli.Login;

/// <summary>Where a login is kept: <c>credbroker/token</c> below the state folder of the XDG base directories, for this user alone.</summary>
internal sealed class LoginFile(string path)
{
    private const UnixFileMode Mine = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public string Path => path;

    /// <summary>Null where neither <c>XDG_STATE_HOME</c> nor <c>HOME</c> says where that is.</summary>
    public static LoginFile? Of(Shell shell)
    {
        // The specification: a relative path is as good as none.
        var state = shell.Environment("XDG_STATE_HOME") is { } xdg && System.IO.Path.IsPathFullyQualified(xdg) ? xdg
            : shell.Environment("HOME") is { } home && System.IO.Path.IsPathFullyQualified(home) ? System.IO.Path.Combine(home, ".local", "state")
            : null;
        return state is null ? null : new LoginFile(System.IO.Path.Combine(state, "credbroker", "token"));
    }

    /// <summary>Null when nobody is logged in.</summary>
    public async Task<StoredLogin?> ReadAsync(Shell shell, CancellationToken cancel)
    {
        if (!File.Exists(path)) return null;
        TokenFile.WarnIfOpen(path, shell);
        try
        {
            return JsonSerializer.Deserialize(await File.ReadAllTextAsync(path, cancel), LoginJson.Default.StoredLogin);
        }
        catch (JsonException fault)
        {
            throw CommandException.Fault($"{path} holds no login; credbroker login makes a new one, credbroker logout removes it", fault);
        }
    }

    /// <summary>Puts the new file in the old one's place: whoever reads sees either, whole.</summary>
    public async Task WriteAsync(StoredLogin login, CancellationToken cancel)
    {
        MakeFolder();
        var fresh = $"{path}.new";
        File.Delete(fresh);
        await using (var file = new FileStream(fresh, Options(FileMode.CreateNew)))
        {
            await JsonSerializer.SerializeAsync(file, login, LoginJson.Default.StoredLogin, cancel);
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
    }

    public void Remove() => File.Delete(path);

    /// <summary>One at a time: an issuer that turns refresh tokens over takes each of them once.</summary>
    public async Task<IDisposable> LockAsync(Shell shell, CancellationToken cancel)
    {
        MakeFolder();
        for (var began = shell.Clock.GetTimestamp(); ; await Task.Delay(Pause, shell.Clock, cancel))
        {
            try
            {
                return new FileStream($"{path}.lock", Options(FileMode.OpenOrCreate));
            }
            catch (IOException) when (shell.Clock.GetElapsedTime(began) < Patience)
            {
                // Another credbroker holds it.
            }
        }
    }

    private static FileStreamOptions Options(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = Mine;
        return options;
    }

    private void MakeFolder()
    {
        var folder = System.IO.Path.GetDirectoryName(path)!;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, Mine | UnixFileMode.UserExecute);
    }
}
