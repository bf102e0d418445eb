package contract

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func fileAsset(t *testing.T, path string) *resource.Asset {
	t.Helper()
	asset, err := resource.NewPathAsset(path)
	mustWork(t, err)
	return asset
}

func textAsset(t *testing.T, text string) *resource.Asset {
	t.Helper()
	asset, err := resource.NewTextAsset(text)
	mustWork(t, err)
	return asset
}

func fileArchive(t *testing.T, path string) *resource.Archive {
	t.Helper()
	archive, err := resource.NewPathArchive(path)
	mustWork(t, err)
	return archive
}

// tree makes a directory `site` with two files.
func tree(t *testing.T) string {
	t.Helper()
	site := filepath.Join(t.TempDir(), "site")
	mustWork(t, os.MkdirAll(filepath.Join(site, "css"), 0o755))
	mustWork(t, os.WriteFile(filepath.Join(site, "index.html"), []byte("index\n"), 0o644))
	mustWork(t, os.WriteFile(filepath.Join(site, "css", "main.css"), []byte("style\n"), 0o644))
	return site
}

func TestCopyFile(t *testing.T) {
	s, site, dest := startServer(t), tree(t), t.TempDir()
	source := filepath.Join(site, "index.html")
	put := func(remotePath string) {
		i := created(t, copyToRemote, props{
			"connection": s.connection(t), "source": fileAsset(t, source), "remotePath": remotePath,
		})
		if i.id == "" {
			t.Error("no id")
		}
	}
	put(dest + "/new/parents/copy.html")
	wantFile(t, dest+"/new/parents/copy.html", "index\n")
	put(dest)
	wantFile(t, dest+"/index.html", "index\n")
	mustWork(t, os.WriteFile(dest+"/index.html", []byte("something longer than the copy\n"), 0o644))
	put(dest + "/index.html")
	wantFile(t, dest+"/index.html", "index\n")
}

func TestCopyText(t *testing.T) {
	s, dest := startServer(t), t.TempDir()
	args := props{"connection": s.connection(t), "source": textAsset(t, "some text\n"), "remotePath": dest + "/a/b"}
	created(t, copyToRemote, args)
	wantFile(t, dest+"/a/b", "some text\n")

	i := declare(t, copyToRemote)
	mustFail(t, i.create(args.with(props{"remotePath": dest})),
		"remote path "+dest+" is a directory; when using a text asset, remotePath must be a file path")
}

func TestCopyDirectory(t *testing.T) {
	s, site, dest := startServer(t), tree(t), t.TempDir()
	put := func(source, remotePath string) error {
		return declare(t, copyToRemote).create(props{
			"connection": s.connection(t), "source": fileArchive(t, source), "remotePath": remotePath,
		})
	}
	mustWork(t, put(site, dest))
	wantFile(t, dest+"/site/css/main.css", "style\n")
	mustWork(t, put(site, dest)) // over what is there
	mustWork(t, put(site+"/", dest+"/contents"))
	wantFile(t, dest+"/contents/index.html", "index\n")
	wantNoFile(t, dest+"/contents/site")
	mustWork(t, put(site, dest+"/new"))
	wantFile(t, dest+"/new/site/index.html", "index\n")
	mustFail(t, put(site, dest+"/site/index.html"), dest+"/site/index.html")
}

func TestCopyPackedArchiveStaysPacked(t *testing.T) {
	s, dest := startServer(t), t.TempDir()
	packed := filepath.Join(t.TempDir(), "site.tgz")
	// An empty gzip stream: an archive of no files.
	mustWork(t, os.WriteFile(packed, []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"), 0o600))
	created(t, copyToRemote, props{
		"connection": s.connection(t), "source": fileArchive(t, packed), "remotePath": dest,
	})
	if info, err := os.Stat(dest + "/site.tgz"); err != nil || info.Size() != 20 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestCopyUpdateCopiesWhenContentOrPathHasChanged(t *testing.T) {
	s, dest := startServer(t), t.TempDir()
	args := props{"connection": s.connection(t), "source": textAsset(t, "one"), "remotePath": dest + "/file"}
	i := created(t, copyToRemote, args)

	mustWork(t, i.update(args.with(props{"source": textAsset(t, "two")})))
	wantFile(t, dest+"/file", "two")
	mustWork(t, i.update(args.with(props{"source": textAsset(t, "two"), "remotePath": dest + "/other"})))
	wantFile(t, dest+"/other", "two")

	dials := s.dials()
	changed := s.connection(t).with(props{"perDialTimeout": 3.0})
	mustWork(t, i.update(args.with(props{
		"source": textAsset(t, "two"), "remotePath": dest + "/other", "connection": changed,
	})))
	wantEqual(t, "connections for a change of the connection alone", s.dials(), dials)
}

func TestCopyDeleteLeavesTheFile(t *testing.T) {
	s, dest := startServer(t), t.TempDir()
	i := created(t, copyToRemote, props{
		"connection": s.connection(t), "source": textAsset(t, "text"), "remotePath": dest + "/file",
	})
	s.stop()
	mustWork(t, i.delete())
	wantFile(t, dest+"/file", "text")
}

func TestCopyWithoutSFTPFails(t *testing.T) {
	s := newServer(t)
	config, err := os.ReadFile(filepath.Join(s.dir, "sshd_config"))
	mustWork(t, err)
	s.write("sshd_config", string(config[:len(config)-len("Subsystem sftp internal-sftp\nLogLevel VERBOSE\n")])+"LogLevel VERBOSE\n")
	s.start()
	i := declare(t, copyToRemote)
	mustFail(t, i.create(props{
		"connection": s.connection(t), "source": textAsset(t, "text"), "remotePath": s.dir + "/copy",
	}), "subsystem request failed")
}

func TestCopyCheckNamesSourcesThatCannotBeCopied(t *testing.T) {
	s := newServer(t)
	args := props{"connection": s.connection(t), "remotePath": "/nowhere"}
	// Made by hand: the constructor downloads it for its hash.
	url := &resource.Asset{Sig: resource.AssetSig, URI: "https://example.invalid/file", Hash: "0"}
	members, err := resource.NewAssetArchive(map[string]any{"a": textAsset(t, "a")})
	mustWork(t, err)
	for _, c := range []struct {
		source any
		want   []string
	}{
		{url, []string{"asset: asset must be a path-based file asset or a text asset"}},
		{members, []string{"archive: archive must be a path to a file or directory"}},
		// Known upstream: at preview a source is often not known yet.
		{unknown(), []string{"asset: either asset or archive must be set"}},
	} {
		_, faults := declare(t, copyToRemote).check(args.with(props{"source": c.source}))
		wantEqual(t, "faults", faults, c.want)
	}
}
