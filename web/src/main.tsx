import { render } from 'preact';
import { App } from './app';
import './styles/page.css';

const root = document.getElementById('app');
if (root) {
  // What stands there until now was painted before any script came.
  root.replaceChildren();
  render(<App />, root);
}
