using System.Text.RegularExpressions;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.House;

/// <summary><c>docs/promises.md</c> names tests that exist, and every test that names a requirement is behind a row of it.</summary>
public sealed partial class PromisesTests
{
    private static readonly IReadOnlyList<(string Requirement, string Promise, string[] Tests)> Rows = [.. File.ReadLines(RepositoryFiles.PathOf("docs/promises.md"))
        .Select(line => Row().Match(line)).Where(row => row.Success)
        .Select(row => (row.Groups[1].Value, row.Groups[2].Value.Trim(), TestName().Matches(row.Groups[3].Value).Select(t => t.Groups[1].Value).ToArray()))];

    private static readonly IReadOnlyList<string> Tests = [.. Directory.EnumerateFiles(RepositoryFiles.PathOf("tests"), "*Tests.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
        .SelectMany(file => Methods().Matches(File.ReadAllText(file)).Select(m => $"{Path.GetFileNameWithoutExtension(file)}.{m.Groups[1].Value}"))];

    [Fact]
    public void Every_row_says_something_and_names_tests_that_exist()
    {
        Assert.True(Rows.Count >= 22, $"only {Rows.Count} rows were read");
        Assert.Distinct(Rows.Select(r => r.Requirement));
        Assert.All(Rows, row =>
        {
            Assert.NotEmpty(row.Promise);
            Assert.NotEmpty(row.Tests);
            Assert.All(row.Tests, test => Assert.Contains(test, Tests));
        });
    }

    [Fact]
    public void Every_promise_has_a_test_that_names_it() => Assert.All(Rows, row => Assert.Contains(row.Tests, test => NamedIn(test).Contains(row.Requirement)));

    [Fact]
    public void Every_requirement_that_a_test_names_is_promised() => Assert.Empty(Tests.SelectMany(NamedIn).Distinct().Except(Rows.Select(r => r.Requirement)));

    private static IEnumerable<string> NamedIn(string test) => Requirement().Matches(test).Select(m => m.Value);

    [GeneratedRegex(@"^\| (R\d\d) \| (.+?) \| (.+) \|$")]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"(?:public|internal) (?:static )?(?:async )?(?:Task|void) (\w+)\(")]
    private static partial Regex Methods();

    [GeneratedRegex(@"(?<=[._])R\d\d(?=_)")]
    private static partial Regex Requirement();
}
