namespace CredentialBroker.Storage;

/// <summary>Section <c>Storage</c>: where rows live.</summary>
internal sealed record StorageOptions
{
    /// <summary><c>sqlite</c> (a file, no set-up) or <c>postgres</c>.</summary>
    public string Provider { get; init; } = "sqlite";

    /// <summary>SQLite: folder of the database file; made with mode 0700.</summary>
    public string Folder { get; init; } = "data";

    /// <summary>PostgreSQL: connection string without a password.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>PostgreSQL: file that holds the password, alone on its first line.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>File outside the store and its backups, in which the broker notes how new the store is; one that is older at start was restored. Null looks for nothing.</summary>
    public string? MarkerFile { get; init; }

    /// <summary>PostgreSQL: connections for reading facts on the issuing path, 1 to 100.</summary>
    public int ReadConnections { get; init; } = 8;

    /// <summary>PostgreSQL: connections kept apart for ending and responders, 1 to 100.</summary>
    public int ControlConnections { get; init; } = 4;

    /// <summary>Units of issuing work that may wait for the journal before claims are answered 503, 16 to 100,000.</summary>
    public int QueueLimit { get; init; } = 4096;

    /// <summary>Units in one commit at most, 4 to 10,000; a quarter is kept for ends and controls.</summary>
    public int BatchLimit { get; init; } = 512;

    public IEnumerable<string> Validate()
    {
        if (Provider is not ("sqlite" or "postgres")) yield return $"Storage:Provider: '{Provider}' is neither sqlite nor postgres";
        if (Provider == "postgres" && string.IsNullOrWhiteSpace(ConnectionString)) yield return "Storage:ConnectionString: required for postgres, such as Host=/run/postgresql;Database=credbroker;Username=credbroker";
        if (ConnectionString?.Contains("password", StringComparison.OrdinalIgnoreCase) == true) yield return "Storage:ConnectionString: holds a password; put it in a file and name it in Storage:PasswordFile";
        if (PasswordFile is not null && !File.Exists(PasswordFile)) yield return $"Storage:PasswordFile: no file at '{PasswordFile}'";
        if (MarkerFile is not null && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(MarkerFile)))) yield return $"Storage:MarkerFile: no folder for '{MarkerFile}'";
        if (Provider == "sqlite" && string.IsNullOrWhiteSpace(Folder)) yield return "Storage:Folder: required for sqlite";
        if (ReadConnections is < 1 or > 100) yield return "Storage:ReadConnections: outside 1 to 100";
        if (ControlConnections is < 1 or > 100) yield return "Storage:ControlConnections: outside 1 to 100";
        if (QueueLimit is < 16 or > 100_000) yield return "Storage:QueueLimit: outside 16 to 100000";
        if (BatchLimit is < 4 or > 10_000) yield return "Storage:BatchLimit: outside 4 to 10000";
    }
}
