package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pkg/sftp"
	p "github.com/pulumi/pulumi-go-provider"
)

// upload copies the source to the remote path over a connection of its own.
func (c *CopyToRemoteInputs) upload(ctx context.Context) error {
	p.GetLogger(ctx).Debugf("Creating file: %s:%s", or(c.Connection.Host, ""), c.RemotePath)
	conn, err := c.Connection.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	client, err := sftp.NewClient(conn.Client, sftp.UseConcurrentWrites(true))
	if err != nil {
		return err
	}
	defer client.Close()

	target := remoteFiles{client}
	switch asset := c.Source.Asset; {
	case asset != nil && asset.IsText():
		return target.putText(asset.Text, c.RemotePath)
	case asset != nil:
		return target.putPath(asset.Path, c.RemotePath)
	default:
		return target.putPath(c.Source.Archive.Path, c.RemotePath)
	}
}

// remoteFiles writes files on the other machine.
type remoteFiles struct{ *sftp.Client }

func (r remoteFiles) putText(text, dest string) error {
	info, err := r.stat(dest)
	if err != nil {
		return err
	}
	if info != nil && info.IsDir() {
		return fmt.Errorf("remote path %s is a directory; when using a text asset, remotePath must be a file path", dest)
	}
	if err := r.makeParents(dest); err != nil {
		return err
	}
	return r.write(dest, strings.NewReader(text), "failed to write text content to remote path "+dest)
}

// putPath copies a file or a directory. Where the destination is a directory, a
// file goes into it, and so does a directory, unless its path ends in a slash:
// then only what is in it does.
func (r remoteFiles) putPath(source, dest string) error {
	sourceInfo, err := os.Stat(source)
	if err != nil {
		return err
	}
	destInfo, err := r.stat(dest)
	if err != nil {
		return err
	}
	if sourceInfo.IsDir() {
		return r.putDirectory(source, dest, destInfo)
	}
	switch {
	case destInfo == nil:
		if err := r.makeParents(dest); err != nil {
			return err
		}
	case destInfo.IsDir():
		dest = path.Join(dest, filepath.Base(source))
	}
	return r.putFile(source, dest)
}

func (r remoteFiles) putDirectory(source, dest string, destInfo fs.FileInfo) error {
	if destInfo == nil {
		if err := r.MkdirAll(dest); err != nil {
			return fmt.Errorf("failed to create remote directory %s: %w", dest, err)
		}
	}
	if !strings.HasSuffix(source, "/") {
		dest = path.Join(dest, filepath.Base(source))
	}
	return fs.WalkDir(os.DirFS(source), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return r.makeDirectory(path.Join(dest, name))
		default:
			return r.putFile(filepath.Join(source, name), path.Join(dest, name))
		}
	})
}

func (r remoteFiles) makeDirectory(dest string) error {
	info, err := r.stat(dest)
	switch {
	case err != nil:
		return err
	case info == nil:
		if err := r.Mkdir(dest); err != nil {
			return fmt.Errorf("failed to create remote directory %s: %w", dest, err)
		}
	case !info.IsDir():
		return fmt.Errorf("remote path %s exists but is not a directory", dest)
	}
	return nil
}

func (r remoteFiles) makeParents(dest string) error {
	if err := r.MkdirAll(path.Dir(dest)); err != nil {
		return fmt.Errorf("failed to create parent directories for %s: %w", dest, err)
	}
	return nil
}

func (r remoteFiles) putFile(source, dest string) error {
	file, err := os.Open(source)
	if err != nil {
		return err
	}
	defer file.Close()
	return r.write(dest, file, fmt.Sprintf("failed to copy file %s to remote path %s", source, dest))
}

func (r remoteFiles) write(dest string, content io.Reader, failure string) error {
	file, err := r.Create(dest)
	if err != nil {
		return fmt.Errorf("failed to create remote file %s: %w", dest, err)
	}
	_, err = file.ReadFrom(content)
	// A server may report a full disk only when the file is closed.
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("%s: %w", failure, err)
	}
	return nil
}

// stat returns nil for a path that does not exist.
func (r remoteFiles) stat(name string) (fs.FileInfo, error) {
	info, err := r.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("failed to stat remote path %s: %w", name, err)
	}
	return info, nil
}
